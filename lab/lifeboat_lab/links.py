"""`lab/lab cut`, `heal` and `rate`."""

import argparse

from . import network
from .cli import command, say
from .shape import NETWORKS, WAN
from .state import changing, shape


def register(subparsers: argparse._SubParsersAction) -> None:
    cut = command(
        subparsers,
        "cut",
        run_cut,
        "cut the links of a host, of a site or of the WAN",
        "Takes links down without a word to either side: no connection is reset, packets just stop.\n"
        "A host name cuts all its links, a site name its link to the other sites, `wan` all of those.\n"
        "A cut outlasts a power cycle of the host.",
        ["lab/lab cut north-1", "lab/lab cut north-1 --network mgmt", "lab/lab cut wan"],
    )
    heal = command(
        subparsers,
        "heal",
        run_heal,
        "undo a cut",
        "Brings the links back that `cut` took down.",
        ["lab/lab heal north-1", "lab/lab heal wan"],
    )
    rate = command(
        subparsers,
        "rate",
        run_rate,
        "limit the speed of a host's links or of the WAN",
        "Limits each link in both directions; `none` takes the limit away.",
        ["lab/lab rate wan 100mbit", "lab/lab rate north-1 1gbit --network mgmt", "lab/lab rate wan none"],
    )
    for parser in (cut, heal, rate):
        parser.add_argument("target", metavar="TARGET", help="a host, a site, or wan")
    rate.add_argument("rate", metavar="RATE", help="for example 100mbit, 1gbit, or none")
    for parser in (cut, heal, rate):
        parser.add_argument("--network", choices=NETWORKS, help="only this network (default: all of them)")


def run_cut(args: argparse.Namespace) -> None:
    with changing():
        there = shape()
        name, host, _ = network.link_target(there, args.target)
        chosen = network.networks_of(host, args.network)
        cuts, rates = network.links_in_force()
        network.keep_links(cuts + [f"{name}/{each}" for each in chosen], rates)
        network.apply_links(there, host)
    say(f"{name} is cut off ({', '.join(chosen)})")


def run_heal(args: argparse.Namespace) -> None:
    with changing():
        there = shape()
        name, host, sites = network.link_target(there, args.target)
        chosen = network.networks_of(host, args.network)
        names = [name] + [site.name for site in sites if name == WAN]
        healed = {f"{each}/{network_name}" for each in names for network_name in chosen}
        cuts, rates = network.links_in_force()
        network.keep_links([cut for cut in cuts if cut not in healed], rates)
        network.apply_links(there, host)
    say(f"{name} is joined ({', '.join(chosen)})")


def run_rate(args: argparse.Namespace) -> None:
    rate = None if args.rate == "none" else args.rate
    if rate is not None:
        network.bits_per_second(rate)
    with changing():
        there = shape()
        name, host, _ = network.link_target(there, args.target)
        chosen = network.networks_of(host, args.network)
        cuts, rates = network.links_in_force()
        for each in chosen:
            rates.pop(f"{name}/{each}", None)
            if rate is not None:
                rates[f"{name}/{each}"] = rate
        network.keep_links(cuts, rates)
        network.apply_links(there, host)
    say(f"{name} has {'no limit' if rate is None else f'a limit of {rate}'} ({', '.join(chosen)})")
