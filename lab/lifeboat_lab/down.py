"""`lab/lab down`: leaves nothing behind, whatever state the lab was left in."""

import argparse
import contextlib
import shutil
import time

from . import children, hosts, leftovers, network, packages, paths
from .cli import command, say
from .errors import LabError
from .state import changing, lock_holders, require_root

# What is killed is gone at once, but the kernel takes its time with namespaces and their links.
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
    require_root()
    end_orphans()
    with changing(create=True):
        for _ in range(ROUNDS):
            sweep()
            left = [line for line in leftovers.leftovers() if line != f"folder {paths.STATE}"]
            if not left:
                break
            time.sleep(0.2)
        else:
            raise LabError(
                "the lab is not all gone, end or remove this and run `lab/lab down` again:\n" + "\n".join(left)
            )
        # Last, while the lock on it is still held: who waits for the lock sees that it went.
        remove_state()
    if args.purge:
        shutil.rmtree(paths.CACHE, ignore_errors=True)
        say("lab is down, nothing is left")
    elif paths.CACHE.exists():
        say(f"lab is down; {paths.CACHE} is kept for the next one (--purge removes it too)")
    else:
        say("lab is down, nothing is left")


def end_orphans() -> None:
    """Ends what a killed command left running. A command that is alive is waited for instead, like by any other."""
    while True:
        holders = lock_holders()
        if not holders or any("lab/lab " in words for words in holders.values()):
            return
        hosts.kill_and_wait(list(holders), "what a killed command had started")


def sweep() -> None:
    """One pass over everything of the lab. Killed in the middle, it leaves no lab to be mistaken for a whole one."""
    paths.LAB_FILE.unlink(missing_ok=True)
    hosts.kill_and_wait(list(leftovers.processes()), "the lab")
    network.remove()
    for point in reversed(leftovers.mounts()):
        children.run(["umount", "-l", point], check=False, capture_output=True)
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
    try:
        shutil.rmtree(paths.STATE)
    except OSError as error:
        raise LabError(f"{paths.STATE} could not be removed ({error}): remove it and run `lab/lab down` again") from None
