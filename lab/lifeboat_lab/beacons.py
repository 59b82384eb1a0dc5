"""Guests' beacons as the switch hears them: at the port of the host that sent them, stamped by the kernel on arrival.

https://docs.kernel.org/networking/filter.html tells the filter's instructions.
"""

import ctypes
import os
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Dict, Iterator, List, Optional, Tuple

from . import children, network, syscalls
from .domain import SINK_MAC
from .errors import LabError
from .inside import host_pid
from .shape import DRILL, PROD, SWITCH, Host, Shape

PORT = 9779
GUEST_NETWORKS = (PROD, DRILL)
# Room for what arrives while the listener is not run: a second of some twenty guests.
BUFFER_BYTES = 16 * 1024 * 1024

_SO_RCVBUFFORCE = 33
_SO_TIMESTAMPNS = 35
_SO_ATTACH_FILTER = 26
_ETH_P_ALL = 0x0003


@dataclass(frozen=True)
class Beacon:
    host: str
    time_ns: int
    uuid: str
    boot: str
    sequence: int
    counter: str
    name: str


def quiet(shape: Shape) -> None:
    """Gives beacons their one way: up each host's uplink and no further than the site's bridge. Safe to call again.

    Without it they still arrive, but are flooded to every guest's link and over the WAN, which costs processor time and rate.
    """
    for guest_network in GUEST_NETWORKS:
        for site in shape.sites:
            # An address of the bridge itself: the frame is taken there, and dropped since nobody listens.
            _bridge(["-n", SWITCH], f"fdb replace {SINK_MAC} dev {site.bridge(guest_network)} self permanent")
    for host in shape.hosts:
        quiet_host(host)


def quiet_host(host: Host) -> None:
    """The host's part of it, which it forgets when it is powered off."""
    pid = host_pid(host.name)
    if pid is not None:
        for guest_network in GUEST_NETWORKS:
            _bridge([], f"fdb replace {SINK_MAC} dev {host.uplink(guest_network)} master static", pid)


def _bridge(options: List[str], words: str, pid: Optional[int] = None) -> None:
    inside = [] if pid is None else ["nsenter", "-t", str(pid), "-n", "--"]
    children.run([*inside, "bridge", *options, *words.split()], check=True, capture_output=True)


class Listener:
    """Hears every beacon that enters the switch from a host, until it is closed. A cut link is not heard."""

    def __init__(self, shape: Shape):
        if not network.switch_exists():
            raise LabError("the lab's switch is not there: `lab/lab up` makes it")
        self._hosts = {host.switch_port(name): host.name for host in shape.hosts for name in GUEST_NETWORKS}
        self._socket = _socket_in_switch()

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def beacons(self) -> Iterator[Beacon]:
        """All that have arrived and were not given out yet, in the order of arrival; does not wait."""
        while True:
            try:
                frame, notes, _, address = self._socket.recvmsg(512, 64)
            except BlockingIOError:
                return
            except OSError:
                continue  # a link that went down is reported once, as an error
            host = self._hosts.get(address[0])
            if host:
                beacon = _parse(host, frame, notes)
                if beacon:
                    yield beacon


def _parse(host: str, frame: bytes, notes) -> Optional[Beacon]:
    at = frame.find(b"lifeboat-lab ", 42)
    words = frame[at:].decode(errors="replace").split() if at >= 0 else []
    if len(words) != 6 or not words[3].isdigit():
        return None
    stamp = next((data for level, kind, data in notes if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS), None)
    if stamp is None:
        return None
    seconds, nanoseconds = struct.unpack("qq", stamp)
    _, uuid, boot, sequence, counter, name = words
    return Beacon(host, seconds * 10**9 + nanoseconds, uuid, boot, int(sequence), counter, name)


def _socket_in_switch() -> socket.socket:
    """A packet socket belongs to the network namespace it was made in: a thread of its own goes there to make it."""
    made: Dict[str, object] = {}

    def make() -> None:
        try:
            namespace = os.open(network.NETNS_FOLDER / SWITCH, os.O_RDONLY)
            try:
                syscalls.enter(namespace, syscalls.CLONE_NEWNET)
            finally:
                os.close(namespace)
            made["socket"] = _packet_socket()
        except OSError as error:
            made["error"] = error

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if "error" in made:
        raise LabError(f"beacons cannot be heard: {made['error']}; run it as root")
    return made["socket"]


def _packet_socket() -> socket.socket:
    # With a protocol and not bound to a link, it hears every link of the namespace, and those that come later.
    heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    code = _filter()
    program = struct.pack("HL", len(code), ctypes.addressof(_instructions(code)))
    heard.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
    heard.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    heard.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, BUFFER_BYTES)
    heard.setblocking(False)
    return heard


_kept = []


def _instructions(code: List[Tuple[int, int, int, int]]):
    packed = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in code))
    _kept.append(packed)  # the kernel reads it during the call
    return packed


def _filter() -> List[Tuple[int, int, int, int]]:
    """Accepts UDP over IPv4 to the beacons' port, unless the frame is on its way out (then it is some other port's)."""
    packet_type = 0xFFFFF000 + 4  # what the kernel knows of the frame, not what stands in it
    outgoing = 4
    load_word, load_half, load_byte, load_half_after = 0x20, 0x28, 0x30, 0x48
    load_header_length = 0xB1
    if_equal, if_bits, answer = 0x15, 0x45, 0x06
    return [
        (load_word, 0, 0, packet_type),
        (if_equal, 9, 0, outgoing),
        (load_half, 0, 0, 12),
        (if_equal, 0, 7, 0x0800),
        (load_byte, 0, 0, 23),
        (if_equal, 0, 5, 17),
        (load_half, 0, 0, 20),
        (if_bits, 3, 0, 0x1FFF),
        (load_header_length, 0, 0, 14),
        (load_half_after, 0, 0, 16),
        (if_equal, 1, 0, PORT),
        (answer, 0, 0, 0),
        (answer, 0, 0, 0xFFFF),
    ]
