"""Running a command inside a host, and among a host's files.

A caller that stops waiting does not stop the command: what runs in a host ends
by itself or with the host.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import List, Optional

from . import children, paths
from .errors import LabError
from .shape import Host

# A host's first process is this program, with the marker and its name as arguments,
# so that it is found again even when no file tells its PID.
INIT = Path(__file__).with_name("host_init.py")
MARKER = "lifeboat-lab-host"

ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "USER=root",
    "LANG=C.UTF-8",
    "TERM=xterm",
)


def host_pid(name: str) -> Optional[int]:
    """The PID of the host's first process, or None while the host is off.

    Asks /proc rather than trusting the file: a PID can have been given away.
    """
    try:
        pid = int(paths.pid_file(name).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if host_of_process(pid) == name else None


def host_of_process(pid: int) -> Optional[str]:
    """The name of the host whose first process this is, or None.

    A zombie has no argv, so a host that has died and waits to be reaped is off.
    """
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    for program, marker, name in zip(words, words[1:], words[2:]):
        if os.path.basename(program) == INIT.name and marker == MARKER:
            return name
    return None


def host_processes(name: str) -> List[int]:
    """Every first process of the host, by looking at all processes: more than one after a lost PID file."""
    return [pid for pid in (int(entry) for entry in os.listdir("/proc") if entry.isdigit()) if host_of_process(pid) == name]


def host_argv(host: Host, argv: List[str], namespaces: str = "muinp") -> List[str]:
    """The argv that runs `argv` inside the running host. Refuses when the host is off.

    `namespaces` chooses among m(ount), u(ts), i(pc), n(et) and p(id).
    """
    pid = host_pid(host.name)
    if pid is None:
        raise LabError(f"{host.name} is powered off: `lab/lab power-on {host.name}` first")
    return ["nsenter", "-t", str(pid), *(f"-{letter}" for letter in namespaces), "--", "env", "-i", *ENVIRONMENT, *argv]


def in_host(host: Host, argv: List[str], **options) -> subprocess.CompletedProcess:
    """Runs `argv` in the running host's namespaces and waits; options as for subprocess.run."""
    return children.run(host_argv(host, argv), **options)


def host_files_argv(host: Host, argv: List[str]) -> List[str]:
    """The argv that runs `argv` with the host's folders as its root, on or off.

    The mounts live in a mount namespace of that one command and vanish with it;
    network and processes are the machine's own.
    """
    return [sys.executable, "-B", str(Path(__file__).with_name("host_root.py")), host.name, "--", *argv]


def in_host_files(host: Host, argv: List[str], **options) -> subprocess.CompletedProcess:
    """Runs `argv` among the host's files, for reading disks of a host that may be off."""
    return children.run(host_files_argv(host, argv), **options)
