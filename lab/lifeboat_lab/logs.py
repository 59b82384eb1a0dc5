"""`lab/lab logs`: what a host's daemons wrote."""

import argparse
import os
from pathlib import Path
from typing import Dict

from . import paths
from .cli import command
from .errors import LabError
from .state import shape

LOGS = {
    "init": "/var/log/lifeboat-lab-init.log",
    "sshd": "/var/log/sshd.log",
    "libvirtd": "/var/log/libvirt/libvirtd.log",
}
QEMU_LOGS = "/var/log/libvirt/qemu"


def register(subparsers: argparse._SubParsersAction) -> None:
    parser = command(
        subparsers,
        "logs",
        run,
        "print a host's logs",
        "Prints the logs of the host's init, sshd, libvirtd and of each QEMU; they outlast a power cut.",
        ["lab/lab logs north-1", "lab/lab logs north-1 --of libvirtd --follow", "lab/lab logs north-1 --of web"],
    )
    parser.add_argument("host", metavar="HOST")
    parser.add_argument("--of", metavar="WHAT", help="only init, sshd, libvirtd, or the QEMU of the VM so named")
    parser.add_argument("--lines", type=int, default=100, help="the last N lines of each (default: 100)")
    parser.add_argument("--follow", action="store_true", help="go on printing as they grow")


def run(args: argparse.Namespace) -> None:
    host = shape().host(args.host)
    there = logs_of(host.name)
    if args.of is not None:
        if args.of not in there:
            raise LabError(f"{host.name} has no log of {args.of!r}: it has {', '.join(there)}")
        there = {args.of: there[args.of]}
    files = [str(path) for path in there.values() if path.exists()]
    if not files:
        raise LabError(f"{host.name} has written no log yet: power it on first")
    os.execvp("tail", ["tail", "-n", str(args.lines), *(["-F"] if args.follow else []), *files])


def logs_of(host: str) -> Dict[str, Path]:
    found = {name: paths.in_host_folder(host, path) for name, path in LOGS.items()}
    for path in sorted(paths.in_host_folder(host, QEMU_LOGS).glob("*.log")):
        found[path.stem] = path
    return found
