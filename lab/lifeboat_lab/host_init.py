"""The first process of a host: makes its namespaces, then keeps its daemons running.

Started as `host_init.py lifeboat-lab-host NAME` with a pipe on standard input.
It prints its PID once its network namespace exists and waits for one line: the
caller attaches the links meanwhile. End of file instead of the line means that
the caller died, and the host goes away without having been.

As a real init it reaps every orphan (libvirtd cannot probe emulators
otherwise) and starts sshd or libvirtd again a second after it dies, as systemd
would. SIGKILL on it is a power cut: the kernel takes everything in the host.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lifeboat_lab import host_root, paths, syscalls  # noqa: E402
from lifeboat_lab.inside import ENVIRONMENT  # noqa: E402
from lifeboat_lab.network import host_side_commands  # noqa: E402
from lifeboat_lab.shape import Host  # noqa: E402
from lifeboat_lab.state import shape  # noqa: E402

LOG = "/var/log/lifeboat-lab-init.log"
RESTART_SECONDS = 1.0
# libvirtd compares what the processor says of itself with what it said when the
# kept answers about the emulator were written, and on some processors that
# includes which one it ran on. So it starts on the first, and then may run anywhere.
STARTS_ON_FIRST_CPU = "libvirtd"
FREE_SECONDS = 1.5
SERVICES = {
    "sshd": ("/usr/sbin/sshd", "-D", "-e"),
    "libvirtd": ("/usr/sbin/libvirtd", "--listen"),
}
LOGS = {"sshd": "/var/log/sshd.log", "libvirtd": "/var/log/libvirt/libvirtd.log"}


def log(sentence: str) -> None:
    print(time.strftime("%Y-%m-%dT%H:%M:%S"), sentence, flush=True)


def start_service(name: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    cpus = os.sched_getaffinity(0)
    if name == STARTS_ON_FIRST_CPU:
        os.sched_setaffinity(0, {min(cpus)})
    # Every signal at its default: this process itself blocks the ones it waits for.
    pid = os.posix_spawn(
        SERVICES[name][0],
        SERVICES[name],
        dict(word.split("=", 1) for word in ENVIRONMENT),
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, LOGS[name], flags, 0o644), (os.POSIX_SPAWN_DUP2, 1, 2)],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGPIPE, signal.SIGINT],
    )
    os.sched_setaffinity(0, cpus)
    return pid


def free(pid: int) -> None:
    """Lets every thread of the process run on any processor that this one may run on."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(thread), os.sched_getaffinity(0))


def supervise() -> None:
    """Runs until SIGTERM. Every service is either running or due at a known time."""
    awaited = {signal.SIGCHLD, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    due = {name: 0.0 for name in SERVICES}
    running = {}
    to_free = {}
    while True:
        for name in [name for name, when in due.items() if when <= time.monotonic()]:
            del due[name]
            pid = start_service(name)
            running[pid] = name
            to_free[pid] = time.monotonic() + FREE_SECONDS
            log(f"started {name}")
        for pid in [pid for pid, when in to_free.items() if when <= time.monotonic()]:
            del to_free[pid]
            free(pid)
        soonest = min([*due.values(), *to_free.values()], default=time.monotonic() + 3600.0)
        wait = max(0.0, soonest - time.monotonic())
        received = signal.sigtimedwait(awaited, wait)
        if received is not None and received.si_signo == signal.SIGTERM:
            return
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            to_free.pop(pid, None)
            name = running.pop(pid, None)
            if name is not None:
                log(f"{name} ended with {os.waitstatus_to_exitcode(status)}, starts again in {RESTART_SECONDS:g} s")
                due[name] = time.monotonic() + RESTART_SECONDS


def configure_network(host: Host) -> None:
    for sysctl in ("all", "default"):
        path = Path(f"/proc/sys/net/ipv6/conf/{sysctl}/disable_ipv6")
        if path.exists():
            path.write_text("1")
    commands = "\n".join(host_side_commands(host)) + "\n"
    subprocess.run(["ip", "-batch", "-"], input=commands.encode(), check=True)


def first_process(host: Host, announce: int) -> None:
    """The life of PID 1 of the host; never returns."""
    try:
        os.setsid()
        syscalls.unshare(syscalls.CLONE_NEWNS | syscalls.CLONE_NEWUTS | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWNET)
        syscalls.set_hostname(host.name)
        os.write(announce, b"ready")
        os.close(announce)
        if sys.stdin.readline() != "go\n":
            os._exit(1)
        host_root.assemble(str(paths.host_folder(host.name)))
        null = os.open("/dev/null", os.O_RDONLY)
        output = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(null, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        # Among them the lock, which belongs to the command that starts this host.
        os.closerange(3, 64)
        configure_network(host)
        supervise()
    except BaseException:
        traceback.print_exc()
    os._exit(1)


def main() -> None:
    host = shape().host(sys.argv[2])
    heard, announce = os.pipe()
    syscalls.unshare(syscalls.CLONE_NEWPID)
    pid = os.fork()
    if pid == 0:
        os.close(heard)
        first_process(host, announce)
    os.close(announce)
    if os.read(heard, 5) == b"ready":
        print(pid, flush=True)


if __name__ == "__main__":
    main()
