"""`lab/lab down`: leaves nothing behind, whatever state the lab was left in."""

import argparse
import contextlib
import shutil
import subprocess
import time

from . import hosts, leftovers, network, packages, paths
from .cli import command, say
from .errors import LabError
from .state import changing

# A killed `up` can have children that live on for a moment and make more.
ROUNDS = 20


def register(subparsers: argparse._SubParsersAction) -> None:
    parser = command(
        subparsers,
        "down",
        run,
        "take the lab down and leave nothing behind",
        "Kills every host, takes links and namespaces away and removes the lab's files, disks included.\n"
        "Works on whatever a crash left. The cache of built guest images stays, unless --purge.",
        ["lab/lab down", "lab/lab down --purge"],
    )
    parser.add_argument("--purge", action="store_true", help=f"remove {paths.CACHE} as well")


def run(args: argparse.Namespace) -> None:
    with changing(create=True):
        for _ in range(ROUNDS):
            sweep()
            left = [line for line in leftovers.leftovers() if line != f"folder {paths.STATE}"]
            if not left:
                break
            time.sleep(0.2)
        # Last, while the lock on it is still held: who waits for the lock sees that it went.
        remove_state()
    left = leftovers.leftovers()
    if left:
        raise LabError("the lab is not all gone, end or remove this and run `lab/lab down` again:\n" + "\n".join(left))
    if args.purge:
        shutil.rmtree(paths.CACHE, ignore_errors=True)
        say("lab is down, nothing is left")
    elif paths.CACHE.exists():
        say(f"lab is down; {paths.CACHE} is kept for the next one (--purge removes it too)")
    else:
        say("lab is down, nothing is left")


def sweep() -> None:
    hosts.kill_and_wait(list(leftovers.processes()), "the lab")
    network.remove()
    for point in reversed(leftovers.mounts()):
        subprocess.run(["umount", "-l", point], check=False, capture_output=True)
    packages.remove_policy()
    with contextlib.suppress(FileNotFoundError):
        for entry in paths.STATE.iterdir():
            remove(entry)


def remove(path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def remove_state() -> None:
    if leftovers.mounts():
        raise LabError(f"something is still mounted below {paths.STATE}: unmount it and run `lab/lab down` again")
    shutil.rmtree(paths.STATE, ignore_errors=True)
