"""Decides from what was observed whether a VM was live twice. Pure: it is told times and never asks for them.

Every migration has two processes and one switch-over. So what counts is not two processes, but two that both get on:
- *vCPUs*: two processes of one UUID gained processor time in each of three looks in a row. A switch-over falls into one; on a
  machine whose processors are all busy, what a vCPU's thread has to do to stop and to get ready spreads over two.
- *beacons*, same boot: a VM that moved goes on counting them, so all from the one side come before all from the other. Numbers
  heard from a side that the other side had passed are a second copy; a packet that was only late has a number from before the move.
- *beacons*, another boot: the earlier boot is still heard from another host longer after the later one than a packet can be late.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Deque, Dict, FrozenSet, List, Optional, Tuple

from .beacons import Beacon

SECOND_NS = 10**9
# Processor time within one look that a halted virtual CPU does not reach, and the idlest guest with a kernel does.
LIVE_GAIN_NS = 100_000
# Two processes that gain in so many looks in a row are both live.
LOOKS_IN_A_ROW = 3
# Longer than any queue of the lab's network holds a packet.
LATE_NS = SECOND_NS
# How many contradicting beacons, within how long, make it a fact.
CONTRADICTIONS = 3
CONTRADICTIONS_WITHIN_NS = SECOND_NS


class VcpuVerdict:
    """Of one UUID. Told each look's gains by process."""

    def __init__(self):
        self._before: Deque[FrozenSet[Tuple[str, int]]] = deque(maxlen=LOOKS_IN_A_ROW - 1)

    def look(self, gains: Dict[Tuple[str, int], int]) -> Optional[Tuple[Tuple[str, int], ...]]:
        """The processes, as (host, PID), that gained in this look and in those before it, if they are two or more."""
        live = frozenset(process for process, gained in gains.items() if gained >= LIVE_GAIN_NS)
        both = tuple(sorted(live.intersection(*self._before)))
        is_long = len(self._before) == LOOKS_IN_A_ROW - 1
        self._before.append(live)
        return both if is_long and len(both) > 1 else None

    def interrupt(self) -> None:
        """Two looks were too far apart, or one took too long, to be told from a switch-over."""
        self._before.clear()


@dataclass
class _Stint:
    """The time during which beacons of one boot came from one host."""

    host: str
    first: int
    first_ns: int
    last: int
    last_ns: int

    @staticmethod
    def begin(beacon: Beacon) -> "_Stint":
        return _Stint(beacon.host, beacon.sequence, beacon.time_ns, beacon.sequence, beacon.time_ns)


@dataclass
class BeaconVerdict:
    """Of one UUID. Told each beacon in the order of arrival."""

    _stints: Dict[str, _Stint] = field(default_factory=dict)  # by boot
    _latest_boot: str = ""
    _latest_boot_ns: int = 0
    _contradictions: Deque[Tuple[int, str, str]] = field(default_factory=lambda: deque(maxlen=CONTRADICTIONS))

    def hear(self, beacon: Beacon) -> Optional[List[str]]:
        """The hosts that were heard at the same time, if this beacon makes it a fact that they were."""
        other = self._contradicts(beacon)
        if other is None:
            return None
        self._contradictions.append((beacon.time_ns, beacon.host, other))
        oldest = self._contradictions[0][0]
        if len(self._contradictions) < CONTRADICTIONS or beacon.time_ns - oldest > CONTRADICTIONS_WITHIN_NS:
            return None
        return sorted({host for _, one, another in self._contradictions for host in (one, another)})

    def _contradicts(self, beacon: Beacon) -> Optional[str]:
        stint = self._stints.get(beacon.boot)
        if stint is None:
            self._stints[beacon.boot] = _Stint.begin(beacon)
            self._latest_boot, self._latest_boot_ns = beacon.boot, beacon.time_ns
            return None
        if beacon.boot != self._latest_boot and beacon.time_ns - self._latest_boot_ns > LATE_NS:
            latest = self._stints[self._latest_boot]
            # The later boot may be over by now: only what it still says contradicts.
            if latest.host != beacon.host and beacon.time_ns - latest.last_ns < LATE_NS:
                return latest.host
        if beacon.host == stint.host:
            stint.last, stint.last_ns = max(stint.last, beacon.sequence), beacon.time_ns
            return None
        if beacon.sequence > stint.last:
            self._stints[beacon.boot] = _Stint.begin(beacon)
            return None
        late = beacon.sequence < stint.first and beacon.time_ns - stint.first_ns < LATE_NS
        return None if late else stint.host
