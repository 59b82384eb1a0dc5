"""`lab/lab guest`: a small VM that ticks, on a host of the lab."""

import argparse
import json
import os
import re
import string
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from . import beacons, domain, guest_disk, image, libvirtd, paths
from .cli import command, say
from .console import Console
from .errors import LabError, UsageError
from .inside import host_pid
from .shape import DRILL, PROD, SECOND_OCTET, Host, mac_address
from .state import changing, read_json, shape, write_json

# A name is part of file names and of a serial number, which virtio cuts off after 20 characters.
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,14}[a-z0-9])?")
MAX_DISKS = 8
MIN_DISK = 16 * 1024 * 1024
MIN_MEMORY_MIB = 80
MIN_DIRTY_MEMORY_MIB = domain.SPARED_MIB + 8
START_SECONDS = 60.0
# As many guests boot at once as there are processors to boot them.
BOOTING_AT_ONCE = max(2, os.cpu_count() or 1)
ADDRESSES_PER_NET = 250


def register(subparsers) -> None:
    parser = command(
        subparsers, "guest", run_guest, "define and start a guest",
        "Defines a guest on a host and starts it; returns when its first tick was seen. Its counter is written to every one of\n"
        "its disks before it is printed, so it shows what was lost: see `lab/lab witness`.",
        ["lab/lab guest web --host north-1",
         "lab/lab guest db --host north-1 --memory 96 --disk 1G --disks 2 --ticks-per-second 20",
         "lab/lab guest many --host north-1 --count 12 --beacons-per-second 20",
         "lab/lab guest roamer --host north-1 --shared     # its disks are where every host of the site sees them",
         "lab/lab guest busy --host north-1 --memory 256 --dirty 200MiB/s",
         "lab/lab guest picky --host north-1 --needs aes    # refused by a host with a restricted CPU"],
        data=True,
    )
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--host", metavar="HOST", help="where it starts (default: the first host)")
    parser.add_argument("--memory", type=int, default=96, metavar="MIB", help="default: 96")
    parser.add_argument("--disk", default="256M", metavar="SIZE", help="size of each disk (default: 256M)")
    parser.add_argument("--disks", type=int, default=1, metavar="N", help="how many; 0 gives a guest that says it has none")
    parser.add_argument("--shared", action="store_true", help=f"put its disks into {paths.SHARED_IN_HOST}, the folder of the site")
    parser.add_argument("--ticks-per-second", type=int, default=10, metavar="N", help="default: 10; 0 counts nothing")
    parser.add_argument("--beacons-per-second", type=int, default=100, metavar="N", help="default: 100; 0 sends none")
    parser.add_argument("--dirty", type=_dirty_rate, metavar="RATE",
                        help="keep writing all over its memory, such as 200MiB/s, or max (default: it is left alone)")
    parser.add_argument("--network", choices=(PROD, DRILL), default=PROD, help="default: prod")
    parser.add_argument("--needs", action="append", default=[], metavar="FEATURE", help="a CPU feature it cannot do without")
    parser.add_argument("--count", type=int, metavar="K", help="make K of them, NAME-1 to NAME-K")
    parser.add_argument("--no-start", action="store_true", help="only define it")

    command(
        subparsers, "guests", run_list, "list guests",
        "Lists the guests that `lab/lab guest` made, with the hosts that have them running now.",
        ["lab/lab guests", "lab/lab guests -o json"], data=True,
    )

    parser = command(
        subparsers, "guest-remove", run_remove, "remove a guest",
        "Stops the guest on every host and deletes its definitions, its disks and their copies, and its console logs.",
        ["lab/lab guest-remove web", "lab/lab guest-remove many-1 many-2"],
    )
    parser.add_argument("names", metavar="NAME", nargs="+")


def run_guest(args: argparse.Namespace) -> None:
    names = [args.name] if args.count is None else [f"{args.name}-{number}" for number in range(1, args.count + 1)]
    size = _check(args, names)
    accelerator = image.ensure()["accelerator"]
    with changing():
        there = shape()
        host = there.host(args.host) if args.host else there.hosts[0]
        if host_pid(host.name) is None:
            raise LabError(f"{host.name} is powered off: `lab/lab power-on {host.name}` first")
        beacons.quiet(there)
        guests = [_define(name, host, size, args, accelerator) for name in names]
    if not args.no_start:
        with ThreadPoolExecutor(max_workers=BOOTING_AT_ONCE) as pool:
            outcomes = [pool.submit(start, guest, host) for guest in guests]
        for outcome in outcomes:
            outcome.result()
    if args.output == "json":
        print(json.dumps(guests if args.count is not None else guests[0], indent=2))


def start(guest: Dict, host: Host) -> None:
    """Starts it and waits for its first word; the time that took is said."""
    console = Console(paths.in_host_folder(host.name, guest["console"]))
    before = console.size()
    begin = time.monotonic()
    _virsh(host, "start", guest["name"], subject=f"{guest['name']} is defined but does not start on {host.name}")
    ticks = guest["disks"] and guest["ticks_per_second"] > 0
    word = console.wait_for(rb"^tick \d+\n" if ticks else rb"^witness .*\n", before, START_SECONDS)
    if word is None:
        raise LabError(
            f"{guest['name']} was started on {host.name} but did not tick within {START_SECONDS:g} s: "
            f"read {console.path} and `lab/lab logs {host.name} --of {guest['name']}`"
        )
    took = time.monotonic() - begin
    shown = word.decode() if ticks else "is up; it counts nothing"
    say(f"{guest['name']} on {host.name}: {shown} after {took:.1f} s; {guest['address' if guest['network'] == PROD else 'drill_address']}, uuid {guest['uuid']}")


def run_list(args: argparse.Namespace) -> None:
    there = shape()
    running: Dict[str, List[str]] = {}
    for host in there.hosts:
        for name in _active(host):
            running.setdefault(name, []).append(host.name)
    rows = [{**guest, "running_on": running.get(guest["name"], [])} for guest in records()]
    if args.output == "json":
        print(json.dumps(rows, indent=2))
        return
    print(f"{'GUEST':16} {'ADDRESS':14} {'UUID':36}  RUNNING ON")
    for row in rows:
        print(f"{row['name']:16} {row['address']:14} {row['uuid']:36}  {' '.join(row['running_on']) or '-'}")


def run_remove(args: argparse.Namespace) -> None:
    with changing():
        for name in args.names:
            if not NAME.fullmatch(name):
                raise UsageError(f"{name!r} is not the name of a guest")
            found = remove(name)
            say(f"{name} is removed" if found else f"there is no guest {name}, and nothing of it was left")


def remove(name: str) -> bool:
    """Removes every trace of the guest, on hosts that are on and off. May be called again after an interruption."""
    found = False
    for host in shape().hosts:
        if host_pid(host.name) is not None:
            libvirtd.virsh(host, "destroy", name, capture_output=True)
            gone = libvirtd.virsh(
                host, "undefine", name, "--managed-save", "--snapshots-metadata", "--checkpoints-metadata", capture_output=True
            )
            found |= gone.returncode == 0
        definitions = paths.in_host_folder(host.name, "/etc/libvirt/qemu")
        disks = (paths.in_host_folder(host.name, path) for path in disk_files(host, name))
        for file in (definitions / f"{name}.xml", definitions / "autostart" / f"{name}.xml", *disks,
                     paths.in_host_folder(host.name, console_path(name))):
            if file.is_symlink() or file.exists():
                file.unlink()
                found = True
    record = paths.guest_file(name)
    found |= record.exists()
    record.unlink(missing_ok=True)
    return found


def records() -> List[Dict]:
    return [read_json(file) for file in sorted(paths.GUESTS.glob("*.json"))]


def record(name: str) -> Dict:
    found = read_json(paths.guest_file(name)) if NAME.fullmatch(name) else None
    if found is None:
        known = ", ".join(guest["name"] for guest in records()) or "none"
        raise LabError(f"there is no guest {name!r}; there are: {known}")
    return found


def disk_files(host: Host, name: str) -> List[str]:
    """Every file of the host that carries the name of one of the guest's disks, as the host calls it: the disk, its
    overlays, its replicas. Those in the folder of the site are told for each host that sees them."""
    pattern = re.compile(rf"{re.escape(name)}-vd[a-z](?![a-z0-9])")
    found = []
    for top in ("/var/lib", paths.SHARED_IN_HOST):
        root = paths.in_host_folder(host.name, top)
        for folder, _, files in os.walk(root):
            found += [f"{top}/{Path(folder, file).relative_to(root)}" for file in files if pattern.match(file)]
    return sorted(found)


def console_path(name: str) -> str:
    return f"{paths.CONSOLE_IN_HOST}/{name}.log"


def _dirty_rate(text: str) -> str:
    """MiB a second as plain digits, or `max`."""
    found = re.fullmatch(r"([1-9]\d{0,5})MiB/s|(max)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text} is no rate: write it like 200MiB/s, or max")
    return found[1] or found[2]


def _check(args: argparse.Namespace, names: List[str]) -> int:
    size = guest_disk.size_in_bytes(args.disk)
    if size is None or size < MIN_DISK:
        raise UsageError(f"--disk {args.disk} is no size from 16M up: write it like 256M or 1G")
    if not 0 <= args.disks <= MAX_DISKS:
        raise UsageError(f"--disks {args.disks}: a guest has 0 to {MAX_DISKS} disks")
    if args.memory < MIN_MEMORY_MIB:
        raise UsageError(f"--memory {args.memory}: a guest needs {MIN_MEMORY_MIB} MiB to boot")
    if args.dirty and args.memory < MIN_DIRTY_MEMORY_MIB:
        raise UsageError(f"--memory {args.memory}: a guest that dirties its memory needs {MIN_DIRTY_MEMORY_MIB} MiB")
    if args.count is not None and args.count < 1:
        raise UsageError(f"--count {args.count}: at least 1")
    for option, value in (("--ticks-per-second", args.ticks_per_second), ("--beacons-per-second", args.beacons_per_second)):
        if not 0 <= value <= 1000:
            raise UsageError(f"{option} {value}: 0 to 1000")
    for name in names:
        if not NAME.fullmatch(name):
            raise UsageError(f"{name!r} cannot be the name of a guest: up to 16 of a-z, 0-9 and -, not at an end")
        if paths.guest_file(name).exists():
            raise LabError(f"there is a guest {name} already: choose another name, or `lab/lab guest-remove {name}`")
    return size


def _define(name: str, host: Host, size: int, args: argparse.Namespace, accelerator: str) -> Dict:
    disks = []
    prod_address, drill_address = _free_addresses()
    for letter in string.ascii_lowercase[: args.disks]:
        path = f"{paths.SHARED_IN_HOST if args.shared else paths.IMAGES_IN_HOST}/{name}-vd{letter}.qcow2"
        file = paths.in_host_folder(host.name, path)
        guest_disk.create(file, size)
        disks.append({"target": f"vd{letter}", "path": path, "serial": f"{name}-vd{letter}", "size": size, "cache": _cache(file)})
    guest = {
        "name": name,
        "uuid": str(uuid.uuid4()),
        "host": host.name,
        "memory_mib": args.memory,
        "network": args.network,
        # It answers to both wherever it is, so that its clone on the drill network is reached by an address of that network.
        "address": prod_address,
        "drill_address": drill_address,
        "mac": mac_address("guest", name),
        "console": console_path(name),
        "ticks_per_second": args.ticks_per_second,
        "beacons_per_second": args.beacons_per_second,
        "dirty": args.dirty,
        "cpu_features": args.needs,
        "disks": disks,
    }
    write_json(paths.guest_file(name), guest)
    definition = paths.GUESTS / f".{name}.xml"
    definition.write_text(domain.xml(guest, accelerator))
    try:
        _virsh(host, "define", str(definition), subject=f"{name} cannot be defined on {host.name}")
    except LabError:
        remove(name)
        raise
    finally:
        definition.unlink(missing_ok=True)
    return guest


def _free_addresses() -> Tuple[str, str]:
    """The lowest that no guest has, on the production and on the drill network."""
    taken = {guest["address"] for guest in records()}
    for number in range(100 * ADDRESSES_PER_NET):
        tail = f"{100 + number // ADDRESSES_PER_NET}.{1 + number % ADDRESSES_PER_NET}"
        prod, drill = (f"10.{SECOND_OCTET[network]}.{tail}" for network in (PROD, DRILL))
        if prod not in taken:
            return prod, drill
    raise LabError("every guest address is taken: remove some guests")


def _cache(file: Path) -> str:
    """`none`, as live migration wants it, unless the file system refuses to go past the page cache."""
    try:
        os.close(os.open(file, os.O_RDWR | os.O_DIRECT))
        return "none"
    except OSError:
        return "writeback"


def _active(host: Host) -> List[str]:
    if host_pid(host.name) is None:
        return []
    return libvirtd.virsh(host, "list", "--name", capture_output=True, text=True).stdout.split()


def _virsh(host: Host, *arguments: str, subject: str) -> Optional[str]:
    done = libvirtd.virsh(host, *arguments, capture_output=True, text=True)
    if done.returncode != 0:
        # The last line is libvirt's reason, those before it say what was asked.
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise LabError(f"{subject}: {reason[len('error: '):] if reason.startswith('error: ') else reason}")
    return done.stdout
