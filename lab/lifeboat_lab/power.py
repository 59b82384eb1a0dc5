"""`lab/lab power-off` and `power-on`."""

import argparse

from . import hosts
from .cli import command, say
from .network import build_switch
from .state import changing, shape


def register(subparsers: argparse._SubParsersAction) -> None:
    off = command(
        subparsers,
        "power-off",
        run_off,
        "cut a host's power",
        "Kills everything in the host at once, as a power cut would. Its disks stay as they were.",
        ["lab/lab power-off north-1"],
    )
    on = command(
        subparsers,
        "power-on",
        run_on,
        "power a host on",
        "Starts the host with its disks as they are and an empty /run, and waits until it serves.",
        ["lab/lab power-on north-1"],
    )
    for parser in (off, on):
        parser.add_argument("hosts", metavar="HOST", nargs="+", help="for example north-1")


def run_off(args: argparse.Namespace) -> None:
    with changing():
        chosen = [shape().host(name) for name in args.hosts]
        was_on = {}
        hosts.for_all(chosen, lambda host: was_on.update({host.name: hosts.power_off(host)}))
    for host in chosen:
        say(f"{host.name} is off" if was_on[host.name] else f"{host.name} was off already")


def run_on(args: argparse.Namespace) -> None:
    with changing():
        there = shape()
        chosen = [there.host(name) for name in args.hosts]
        build_switch(there)
        hosts.for_all(chosen, lambda host: hosts.power_on(there, host))
        hosts.wait_until_all_ready(chosen)
    for host in chosen:
        say(f"{host.name} is on")
