"""What the auditor saw of each VM, and how it is told."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Callable, Dict, List, Optional, Tuple

from .beacons import Beacon
from .verdict import LIVE_GAIN_NS, SECOND_NS, BeaconVerdict, VcpuVerdict

# A VM whose vCPUs gained nothing for so long was not live meanwhile.
QUIET_NS = SECOND_NS
# A gap between beacons worth an event of its own.
NOTABLE_GAP_NS = 50 * 10**6

Tell = Callable[[int, str, Dict], None]


@dataclass
class Span:
    host: str
    from_ns: int
    to_ns: int
    open: bool = True


@dataclass
class Double:
    time_ns: int
    hosts: List[str]
    evidence: str  # vcpus | beacons


@dataclass
class Move:
    time_ns: int
    source: str
    target: str
    gap_ns: int
    same_boot: bool


@dataclass
class Vm:
    """One UUID. `tell(time, event, facts)` is called for what a person would want to see as it happens."""

    uuid: str
    name: str
    tell: Tell
    spans: List[Span] = field(default_factory=list)
    doubles: List[Double] = field(default_factory=list)
    moves: List[Move] = field(default_factory=list)
    beacons: int = 0
    lost: int = 0
    gap_ns: int = 0
    gap_at_ns: int = 0
    last: Optional[Beacon] = None
    by_vcpus: VcpuVerdict = field(default_factory=VcpuVerdict)
    by_beacons: BeaconVerdict = field(default_factory=BeaconVerdict)

    def look(self, time_ns: int, gains: Dict[Tuple[str, int], int]) -> None:
        for (host, _), gained in gains.items():
            if gained >= LIVE_GAIN_NS:
                self._live(time_ns, host)
        for span in self.spans:
            if span.open and time_ns - span.to_ns > QUIET_NS:
                span.open = False
                self.tell(span.to_ns, "quiet", {"host": span.host})
        both = self.by_vcpus.look(gains)
        if both:
            self._double(Double(time_ns, [host for host, _ in both], "vcpus"))

    def hear(self, beacon: Beacon) -> None:
        before, self.last = self.last, beacon
        self.beacons += 1
        self.name = self.name or beacon.name
        if before:
            self._compare(before, beacon)
        hosts = self.by_beacons.hear(beacon)
        if hosts:
            self._double(Double(beacon.time_ns, hosts, "beacons"))

    def _compare(self, before: Beacon, beacon: Beacon) -> None:
        gap_ns = beacon.time_ns - before.time_ns
        same_boot = beacon.boot == before.boot
        # Of two copies that both count nobody can say what is lacking.
        if same_boot and not self.doubles:
            self.lost += max(0, beacon.sequence - before.sequence - 1)
        if gap_ns > self.gap_ns:
            self.gap_ns, self.gap_at_ns = gap_ns, before.time_ns
        if gap_ns > NOTABLE_GAP_NS:
            self.tell(beacon.time_ns, "gap", {"gap_ms": _ms(gap_ns), "hosts": [before.host, beacon.host]})
        if before.host != beacon.host and not self.doubles:
            move = Move(beacon.time_ns, before.host, beacon.host, gap_ns, same_boot)
            self.moves.append(move)
            self.tell(beacon.time_ns, "moved", _move(move))

    def _live(self, time_ns: int, host: str) -> None:
        for span in self.spans:
            if span.open and span.host == host:
                span.to_ns = time_ns
                return
        self.spans.append(Span(host, time_ns, time_ns))
        self.tell(time_ns, "live", {"host": host})

    def _double(self, double: Double) -> None:
        """Told once for each kind of evidence and pair of hosts; the first is the one that counts."""
        if not any(one.evidence == double.evidence and one.hosts == double.hosts for one in self.doubles):
            self.doubles.append(double)
            self.tell(double.time_ns, "double", {"hosts": double.hosts, "evidence": double.evidence})

    def facts(self) -> Dict:
        return {
            "uuid": self.uuid,
            "name": self.name,
            "live": [{"host": span.host, "from": stamp(span.from_ns), "to": stamp(span.to_ns)} for span in self.spans],
            "moves": [{"at": stamp(move.time_ns), **_move(move)} for move in self.moves],
            "beacons": self.beacons,
            "beacons_lost": self.lost,
            "longest_gap_ms": _ms(self.gap_ns),
            "longest_gap_at": stamp(self.gap_at_ns) if self.gap_ns else None,
            "double": bool(self.doubles),
            "doubles": [{"at": stamp(one.time_ns), "hosts": one.hosts, "evidence": one.evidence} for one in self.doubles],
        }


def text(census: Dict) -> str:
    lines = [f"audited from {census['from']} to {census['to']}, {census['looks']} looks"]
    for vm in census["vms"]:
        lines.append(f"{vm['name'] or '-'}  {vm['uuid']}")
        lines += [f"  live on {span['host']:10} {span['from'][11:]} to {span['to'][11:]}" for span in vm["live"]]
        lines += [
            f"  moved {move['source']} to {move['target']} at {move['at'][11:]}, silent for {move['gap_ms']} ms"
            + ("" if move["same_boot"] else ", booted anew") for move in vm["moves"]
        ]
        if vm["beacons"]:
            lines.append(f"  {vm['beacons']} beacons, {vm['beacons_lost']} lost, longest gap {vm['longest_gap_ms']} ms")
        lines += [f"  LIVE TWICE at {one['at'][11:]} on {' and '.join(one['hosts'])}, by its {one['evidence']}" for one in vm["doubles"]]
    if not census["vms"]:
        lines.append("no VM was seen")
    twice = [vm["name"] or vm["uuid"] for vm in census["vms"] if vm["double"]]
    lines.append(f"FAILED: live twice: {', '.join(twice)}" if twice else "ok: no VM was live twice")
    return "\n".join(lines)


def stamp(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns / 1e9).isoformat(timespec="milliseconds")


def _move(move: Move) -> Dict:
    return {"source": move.source, "target": move.target, "gap_ms": _ms(move.gap_ns), "same_boot": move.same_boot}


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / 1e6, 1)
