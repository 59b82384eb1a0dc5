"""Power: bringing a host up, cutting it off, and waiting until it serves."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, List, Optional

from . import beacons, capabilities, children, host_files, libvirtd, network, paths
from .errors import LabError
from .inside import INIT, MARKER, host_pid, host_processes
from .shape import Host, Shape

START_SECONDS = 10.0
READY_SECONDS = 60.0
DEATH_SECONDS = 20.0

# Every port that a host must serve before it is called up: ssh, libvirt's TCP and TLS.
PORTS = (22, 16509, 16514)


def for_all(hosts: List[Host], act: Callable[[Host], object]) -> None:
    """Does it for all of them at once; the first error, if any, is raised after all are done."""
    if not hosts:
        return
    with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
        outcomes = [pool.submit(act, host) for host in hosts]
    for outcome in outcomes:
        outcome.result()


def power_on(shape: Shape, host: Host) -> None:
    """Starts the host, unless it is on. Returns before it serves: see `wait_until_ready`.

    When the caller dies at any point in here, the host either goes away by
    itself (it has not been told to go on) or has its PID written down.
    """
    if host_pid(host.name) is not None:
        return
    # Never two of one host: its guests' disks would be written twice.
    kill_and_wait(host_processes(host.name), host.name)
    host_files.furnish(shape, host)
    host_files.clear_run(host)
    process = children.start(
        [sys.executable, "-B", str(INIT), MARKER, host.name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        if not select.select([process.stdout], [], [], START_SECONDS)[0]:
            process.kill()
        announced = process.stdout.readline()
        if not announced.strip():
            said = process.stderr.read().decode(errors="replace").strip().splitlines()
            raise LabError(
                f"{host.name} could not be started ({said[-1] if said else 'it said nothing'}):"
                " the lab needs a machine where root may make namespaces"
            )
        pid = int(announced)
        network.attach_host(shape, host, pid)
        write_pid(host, pid)
        process.stdin.write(b"go\n")
        process.stdin.flush()
    finally:
        for stream in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        process.wait()


def write_pid(host: Host, pid: int) -> None:
    fresh = paths.pid_file(host.name).with_suffix(".new")
    fresh.write_text(f"{pid}\n")
    os.replace(fresh, paths.pid_file(host.name))


def power_off(host: Host) -> bool:
    """A power cut: everything in the host is gone when this returns. False when it was off."""
    pids = host_processes(host.name)
    kill_and_wait(pids, host.name)
    with contextlib.suppress(FileNotFoundError):
        paths.pid_file(host.name).unlink()
    network.detach_host(host)
    return bool(pids)


def kill_and_wait(pids: List[int], subject: str) -> None:
    """The kernel lets a first process die only after everything in its namespace has."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + DEATH_SECONDS
    while any(is_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            raise LabError(
                f"{subject} did not die within {DEATH_SECONDS:g} s of SIGKILL:"
                f" look for processes in state D below PID {', '.join(map(str, pids))}"
            )
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def listening_ports(pid: int) -> List[int]:
    """The TCP ports somebody listens on in the network namespace of `pid`; no packet is sent."""
    try:
        lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    except (FileNotFoundError, ProcessLookupError, OSError):
        return []
    fields = [line.split() for line in lines]
    return [int(field[1].rpartition(":")[2], 16) for field in fields if field[3] == "0A"]


def serves(host: Host) -> bool:
    """Whether ssh and libvirt of the host answer. Looks from inside, so a cut does not matter."""
    pid = host_pid(host.name)
    if pid is None:
        return False
    open_ports = listening_ports(pid)
    return all(port in open_ports for port in PORTS) and libvirtd.answers(host)


def wait_until_all_ready(hosts: List[Host]) -> None:
    for_all(hosts, wait_until_ready)
    capabilities.learn(hosts)


def wait_until_ready(host: Host) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not serves(host):
        if host_pid(host.name) is None:
            raise LabError(f"{host.name} went off while it started: {reason(host)}; see `lab/lab logs {host.name}`")
        if time.monotonic() > deadline:
            raise LabError(
                f"{host.name} does not serve ssh and libvirt after {READY_SECONDS:g} s:"
                f" see `lab/lab logs {host.name}`"
            )
        time.sleep(0.05)
    beacons.quiet_host(host)


def reason(host: Host) -> str:
    log = paths.in_host_folder(host.name, "/var/log/lifeboat-lab-init.log")
    lines: Optional[List[str]] = log.read_text().splitlines() if log.exists() else None
    return lines[-1] if lines else "it left no log"
