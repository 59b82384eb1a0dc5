"""`lab/lab leftovers`: everything on the machine that belongs to the lab.

Found by looking at the machine and never at the lab's own notes, so that it
also finds what a killed command left behind.
"""

import argparse
import os
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

from . import hosts, network, packages, paths
from .cli import command
from .inside import host_of_process
from .shape import CONTROLLER_LINKS, SWITCH
from .state import require_root


def register(subparsers: argparse._SubParsersAction) -> None:
    command(
        subparsers,
        "leftovers",
        run,
        "list what belongs to the lab; exit 1 if there is anything",
        "Lists the processes, mounts, namespaces, links and files of the lab, up or crashed.\n"
        "After `down` there is nothing to list. The cache of built images is not listed.",
        ["lab/lab down && lab/lab leftovers"],
    )


def run(args: argparse.Namespace) -> int:
    require_root()
    found = leftovers()
    for line in found:
        print(line)
    return 1 if found else 0


def leftovers() -> List[str]:
    found = [f"process {pid} {description}" for pid, description in sorted(processes().items())]
    found += [f"mount {line}" for line in mounts()]
    if network.switch_exists():
        found.append(f"namespace {network.NETNS_FOLDER / SWITCH}")
    links = network.link_names(namespace=None)
    found += [f"link {link}" for link in CONTROLLER_LINKS.values() if link in links]
    if paths.STATE.exists():
        found.append(f"folder {paths.STATE}")
    if packages.is_ours():
        found.append(f"file {packages.POLICY}")
    return found


def pids() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def processes() -> Dict[int, str]:
    """By PID: whatever is marked as a host, has a host's folder as its root, or sits in the switch."""
    roots = host_roots()
    switch = network.switch_inode()
    found = {}
    for pid in pids():
        process = Path(f"/proc/{pid}")
        try:
            argv = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            # A zombie is nobody's leftover: it holds nothing and its parent will reap it.
            if not argv and not hosts.is_alive(pid):
                continue
            root = os.stat(process / "root")
            namespace = os.stat(process / "ns/net").st_ino
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if host_of_process(pid) or (root.st_dev, root.st_ino) in roots or namespace == switch:
            found[pid] = argv
    return found


def host_roots() -> Set[Tuple[int, int]]:
    if not paths.HOSTS.is_dir():
        return set()
    stats = [entry.stat() for entry in os.scandir(paths.HOSTS)]
    return {(stat.st_dev, stat.st_ino) for stat in stats}


def mounts() -> List[str]:
    """Mounts of the machine itself; a host's own vanish with its last process."""
    ours = (str(paths.STATE), str(network.NETNS_FOLDER / SWITCH))
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [point for point in points if any(point == path or point.startswith(path + "/") for path in ours)]
