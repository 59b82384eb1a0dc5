"""The programs that the lab runs.

A command that changes the lab may be killed while programs that it started live
on for a moment and make more links, files and processes. So each of them holds
the lab's lock too, from its first instant to its last: `down` gets the lock when
all of them are gone, and what it then sweeps away stays away.
"""

import subprocess
from typing import Any, List, Set

# Descriptors of the lock, while this command holds it.
LOCKS: Set[int] = set()


def run(argv: List[str], **options: Any) -> "subprocess.CompletedProcess[Any]":
    """As subprocess.run."""
    return subprocess.run(argv, pass_fds=tuple(LOCKS), **options)


def start(argv: List[str], **options: Any) -> "subprocess.Popen[Any]":
    """As subprocess.Popen. What lives longer than the command must close the descriptors that it was given."""
    return subprocess.Popen(argv, pass_fds=tuple(LOCKS), **options)
