"""`lab/lab audit`: watches every host and fails when one VM is live twice.

It knows nothing of what is going on: it looks at the machine's processes and listens in the switch.
"""

import argparse
import json
import os
import re
import select
import signal
import time
from typing import Dict, List, Optional, TextIO, Tuple

from .beacons import Listener
from .census import Vm, stamp, text
from .cli import command, say
from .errors import LabError, UsageError
from .state import require_root, shape
from .vcpus import Emulators

LOOK_SECONDS = 0.15
# A look that took longer read its processes at moments too far apart to be compared.
SMEARED_SECONDS = 0.03
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def register(subparsers) -> None:
    parser = command(
        subparsers, "audit", run, "watch for a VM that is live twice",
        "Watches the vCPUs of every QEMU on this machine and the beacons of every guest, several times a second, and prints a\n"
        "census: where each VM was live and when, how long it was silent, and whether two copies of it ever ran at once, in\n"
        "which case it exits 1. A migration has two processes; that alone is no second copy. It prints `watching` on standard\n"
        "error once it does. It ends after --for, or by SIGINT or SIGTERM, and prints the census either way.",
        ["lab/lab audit --for 60s", "lab/lab audit -o json --events events.ndjson & …; kill $!; wait $!"],
        data=True,
    )
    parser.add_argument("--for", dest="seconds", type=_seconds, metavar="TIME", help="such as 60s or 5m (default: until told to stop)")
    parser.add_argument("--events", metavar="FILE", help="append what happens to this file, one JSON object a line")


def run(args: argparse.Namespace) -> int:
    require_root()
    stopped = _stop_signal()
    try:
        events = open(args.events, "a", buffering=1) if args.events else None
    except OSError as error:
        raise LabError(f"--events {args.events} cannot be written: {error.strerror}; choose another file") from None
    auditor = Auditor(events)
    _before_others()
    begin = time.time_ns()
    deadline = None if args.seconds is None else time.monotonic() + args.seconds
    auditor.look()
    say("watching")
    while not select.select([stopped], [], [], LOOK_SECONDS)[0]:
        auditor.look()
        if deadline is not None and time.monotonic() >= deadline:
            break
    auditor.look()
    census = {"from": stamp(begin), "to": stamp(time.time_ns()), "looks": auditor.looks, "vms": auditor.facts()}
    print(json.dumps(census, indent=2) if args.output == "json" else text(census))
    return 1 if any(vm["double"] for vm in census["vms"]) else 0


class Auditor:
    def __init__(self, events: Optional[TextIO]):
        there = shape()
        self._listener = Listener(there)
        self._emulators = Emulators(there)
        self._vms: Dict[str, Vm] = {}
        self._events = events
        self.looks = 0

    def look(self) -> None:
        """Takes in what happened since the last look. Beacons were stamped when they came, so they may wait for it."""
        begin = time.monotonic()
        emulators = self._emulators.look()
        smeared = time.monotonic() - begin > SMEARED_SECONDS
        time_ns = time.time_ns()
        gains: Dict[str, Dict[Tuple[str, int], int]] = {uuid: {} for uuid in self._vms}
        for emulator in emulators:
            self._vm(emulator.uuid, emulator.name)
            gains.setdefault(emulator.uuid, {})[emulator.host, emulator.pid] = emulator.gained_ns
        for uuid, gained in gains.items():
            self._vms[uuid].look(time_ns, gained)
            if smeared:
                self._vms[uuid].by_vcpus.interrupt()
        for beacon in self._listener.beacons():
            self._vm(beacon.uuid, beacon.name).hear(beacon)
        self.looks += 1

    def facts(self) -> List[Dict]:
        return [vm.facts() for vm in sorted(self._vms.values(), key=lambda vm: (vm.name, vm.uuid))]

    def _vm(self, uuid: str, name: str) -> Vm:
        if uuid not in self._vms:
            self._vms[uuid] = Vm(uuid, name, lambda time_ns, event, facts: self._tell(uuid, time_ns, event, facts))
        return self._vms[uuid]

    def _tell(self, uuid: str, time_ns: int, event: str, facts: Dict) -> None:
        name = self._vms[uuid].name
        if event == "double":
            say(f"{name or uuid} is live twice, on {' and '.join(facts['hosts'])}, by its {facts['evidence']}")
        if self._events:
            self._events.write(json.dumps({"time": stamp(time_ns), "event": event, "name": name, "uuid": uuid, **facts}) + "\n")


def _stop_signal() -> int:
    """A descriptor that becomes readable when the auditor is told to stop."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    return readable


def _before_others() -> None:
    """On a busy machine its looks must not be torn apart by those it looks at."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        os.nice(-20)


def _seconds(words: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)?", words)
    if not found:
        raise UsageError(f"--for {words} is no time: write it like 60s or 5m")
    return float(found[1]) * _UNITS[found[2] or "s"]
