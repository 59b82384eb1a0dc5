"""The QEMU processes of this machine, by VM, and the processor time their virtual CPUs have had."""

import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional, Set

from .inside import host_pid
from .shape import Shape

# A process can be seen between its birth and the moment it becomes QEMU; a young one is looked at again.
YOUNG_SECONDS = 60.0
THREADS_EVERY_SECONDS = 1.0
HOSTS_EVERY_SECONDS = 0.5
# What the virtual CPUs of a QEMU that is only being set up have had: 0.35 ms at most when it was tried. It counts as nothing,
# so that the target of a migration is not taken to be live while it waits.
SETTING_UP_NS = 2_000_000
_VCPU = re.compile(r"CPU \d+/(TCG|KVM)")
# Of a process that is on no host of the lab.
MACHINE = "machine"


@dataclass
class Emulator:
    pid: int
    uuid: str
    name: str
    host: str
    threads: List[int] = field(default_factory=list)
    threads_at: float = 0.0
    # Processor time of all its virtual CPUs so far.
    time_ns: Optional[int] = None
    gained_ns: int = 0


class Emulators:
    """Keeps track of them from one look to the next. A look costs little however many processes the machine has."""

    def __init__(self, shape: Shape):
        self._shape = shape
        self._emulators: Dict[int, Emulator] = {}
        self._others: Set[int] = set()
        self._young: Dict[int, float] = {}
        self._namespaces: Dict[str, str] = {}
        self._namespaces_at = 0.0

    def look(self) -> List[Emulator]:
        """All there are now; `gained_ns` is what each has had since the look before, 0 at the first."""
        self._find()
        for emulator in list(self._emulators.values()):
            time_ns = self._vcpu_time(emulator)
            if time_ns is None:
                del self._emulators[emulator.pid]
                continue
            before = time_ns if emulator.time_ns is None else max(emulator.time_ns, SETTING_UP_NS)
            emulator.gained_ns = max(0, time_ns - before)
            emulator.time_ns = time_ns
        return list(self._emulators.values())

    def _find(self) -> None:
        now = time.monotonic()
        present = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        self._others &= present
        for gone in [pid for pid in self._emulators if pid not in present]:
            del self._emulators[gone]
        for gone in [pid for pid in self._young if pid not in present]:
            del self._young[gone]
        for pid in present - self._others - set(self._emulators):
            emulator = self._recognise(pid)
            if emulator:
                self._emulators[pid] = emulator
                self._young.pop(pid, None)
            elif now - self._young.setdefault(pid, now) > YOUNG_SECONDS:
                del self._young[pid]
                self._others.add(pid)

    def _recognise(self, pid: int) -> Optional[Emulator]:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            return None
        if "qemu-system" not in words[0] or "-uuid" not in words[:-1]:
            return None
        uuid = words[words.index("-uuid") + 1].lower()
        named = re.search(r"guest=([^,]*)", words[words.index("-name") + 1]) if "-name" in words[:-1] else None
        return Emulator(pid, uuid, named[1] if named else "", self._host_of(pid))

    def _host_of(self, pid: int) -> str:
        if time.monotonic() - self._namespaces_at > HOSTS_EVERY_SECONDS:
            self._namespaces = {}
            for host in self._shape.hosts:
                first = host_pid(host.name)
                if first is not None:
                    self._namespaces[_namespace(first)] = host.name
            self._namespaces_at = time.monotonic()
        return self._namespaces.get(_namespace(pid), MACHINE)

    def _vcpu_time(self, emulator: Emulator) -> Optional[int]:
        """None when the process is gone; a virtual CPU that has not started yet has had nothing."""
        tasks = f"/proc/{emulator.pid}/task"
        now = time.monotonic()
        try:
            if not emulator.threads or now - emulator.threads_at > THREADS_EVERY_SECONDS:
                emulator.threads = [int(thread) for thread in os.listdir(tasks) if _VCPU.match(_content(f"{tasks}/{thread}/comm"))]
                emulator.threads_at = now
            # Running time in nanoseconds comes first.
            return sum(int((_content(f"{tasks}/{thread}/schedstat") or "0").split()[0]) for thread in emulator.threads)
        except OSError:
            return None


def _content(path: str) -> str:
    """Nothing, when the thread is gone."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(128).decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _namespace(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""
