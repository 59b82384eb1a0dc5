"""`lab/lab witness`: what a guest has counted, as its consoles and every copy of its disks tell."""

import argparse
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Set, Tuple

from . import disk_copy, guests, libvirtd, paths
from .cli import command
from .console import Console, Ticks
from .errors import UsageError
from .inside import host_pid
from .shape import Host, Shape
from .state import shape

READING_AT_ONCE = 4
SHOWN = 5


def register(subparsers) -> None:
    parser = command(
        subparsers, "witness", run, "show what a guest has counted",
        "Prints the last counter that the guest printed on each host's console, and the one on every copy of its disks, which is\n"
        "read without mounting it: while the guest runs, after a power cut, and on a host that is off. A disk is never behind\n"
        "the console; a copy that is behind has lost the difference.\n"
        "With --check it exits 1 when the numbers printed on all consoles together have a gap or one came twice.",
        ["lab/lab witness web", "lab/lab witness web -o json",
         "lab/lab witness web --disk /var/lib/lifeboat/replicas/web/incoming.qcow2 --host south-1",
         "lab/lab witness web --disk nbd://10.77.2.11:10809/web-vda", "lab/lab witness web --check"],
        data=True,
    )
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--disk", action="append", default=[], metavar="PATH|URI",
                        help="only this copy: a path on --host, or an NBD URI (reached from --host, or from this machine)")
    parser.add_argument("--host", metavar="HOST", help="the host that --disk is on")
    parser.add_argument("--check", action="store_true", help="whether every number was printed exactly once")


def run(args: argparse.Namespace) -> int:
    there = shape()
    guest = guests.record(args.name)
    host = there.host(args.host) if args.host else None
    if host and not args.disk:
        raise UsageError("--host says where --disk is: name the disk as well")
    for disk in args.disk:
        if host is None and not disk_copy.is_uri(disk):
            raise UsageError(f"--disk {disk} is a path: say on which --host")
    consoles = {one.name: Console(paths.in_host_folder(one.name, guest["console"])) for one in there.hosts}
    printed = {name: console.last() for name, console in consoles.items() if console.last() is not None}
    places = [(host, disk) for disk in args.disk] or copies(there, guest)
    with ThreadPoolExecutor(max_workers=READING_AT_ONCE) as pool:
        disks = list(pool.map(lambda place: read(*place), places))
    answer = {
        "name": guest["name"],
        "uuid": guest["uuid"],
        "printed": max(printed.values(), default=None),
        "on_disk": max((disk["counter"] for disk in disks if disk["counter"] is not None), default=None),
        "console": printed,
        "disks": disks,
    }
    if args.check:
        answer["check"] = check([console.ticks() for console in consoles.values()])
    print(json.dumps(answer, indent=2) if args.output == "json" else text(answer))
    failed = args.check and not answer["check"]["complete"] or args.disk and any(disk["error"] for disk in disks)
    return 1 if failed else 0


def copies(there: Shape, guest: Dict) -> List[Tuple[Host, str]]:
    """Every copy of the guest's disks: files that carry a disk's name, and whatever a host's libvirt has it use."""
    found: Dict[Path, Tuple[Host, str]] = {}
    for host in there.hosts:
        here = set(guests.disk_files(host, guest["name"]))
        if host_pid(host.name) is not None:
            asked = libvirtd.virsh(host, "domblklist", guest["name"], capture_output=True, text=True)
            here |= {line.split()[1] for line in asked.stdout.splitlines() if len(line.split()) == 2 and line.split()[1][0] == "/"}
        for path in sorted(here):
            # What a site shares is one copy, and told for its first host.
            found.setdefault(paths.in_host_folder(host.name, path), (host, path))
    return list(found.values())


def read(host: Optional[Host], disk: str) -> Dict:
    answer = {"host": host.name if host else None, "path": disk, "disk": None, "counter": None, "uuid": None, "boot": None, "error": None}
    try:
        found = disk_copy.witness(host, disk)
        answer.update(disk=found.disk or None, counter=found.counter, uuid=found.uuid or None, boot=found.boot or None)
    except ValueError as error:
        answer["error"] = str(error)
    return answer


def check(logs: Iterable[Ticks]) -> Dict:
    """Whether the consoles together show every number from the first to the last once.

    Two things are no gap: a line that a migration cut in two, its ends in two logs, and the number that a power cut kept
    from being printed when the next boot found it on a disk.
    """
    logs = list(logs)
    times = Counter(counter for log in logs for counter in log.counters)
    loose = {piece for log in logs for piece in log.loose}
    at_boot = {counter for log in logs for counter in log.found_at_boot}
    first, last = min(times, default=None), max(times, default=None)
    absent = [] if first is None else [counter for counter in range(first, last + 1) if counter not in times]
    joined = [counter for counter in absent if _was_cut_in_two(counter, loose)]
    unprinted = [counter for counter in absent if counter in at_boot and counter not in joined]
    missing = [counter for counter in absent if counter not in joined and counter not in unprinted]
    twice = sorted(counter for counter, count in times.items() if count > 1)
    return {
        "first": first,
        "last": last,
        "missing": missing,
        "twice": twice,
        "joined": joined,
        "unprinted_at_power_cut": unprinted,
        "complete": first is not None and not missing and not twice,
    }


def _was_cut_in_two(counter: int, loose: Set[bytes]) -> bool:
    line = f"tick {counter}".encode()
    return line in loose or any(line[:at] in loose and line[at:] in loose for at in range(1, len(line)))


def text(answer: Dict) -> str:
    lines = [f"{answer['name']}  {answer['uuid']}"]
    lines += [f"  console  {host:10} {counter}" for host, counter in answer["console"].items()]
    for disk in answer["disks"]:
        lines.append(f"  disk     {disk['host'] or '-':10} {disk['error'] or disk['counter']}  {disk['path']}")
    lines.append(f"last printed {_shown(answer['printed'])}, last on disk {_shown(answer['on_disk'])}")
    if "check" in answer:
        lines.append(_verdict(answer["check"]))
    return "\n".join(lines)


def _shown(counter: Optional[int]) -> str:
    return "none" if counter is None else str(counter)


def _verdict(found: Dict) -> str:
    if found["first"] is None:
        return "FAILED: nothing was printed on any console"
    span = f"{found['first']} to {found['last']}"
    if found["complete"]:
        return f"ok: every number from {span} was printed once"
    faults = [f"{len(found[kind])} {word} ({_some(found[kind])})" for kind, word in (("missing", "missing"), ("twice", "twice")) if found[kind]]
    return f"FAILED: from {span}, {' and '.join(faults)}"


def _some(counters: List[int]) -> str:
    return ", ".join(map(str, counters[:SHOWN])) + (", …" if len(counters) > SHOWN else "")
