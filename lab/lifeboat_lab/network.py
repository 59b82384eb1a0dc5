"""The lab's network: the switch namespace, the WAN, and each host's uplinks.

Everything but the controller's two links lives in the named namespace
`lifeboat-lab` or in the hosts' own, so that removing those removes it all.
A cut takes a link down without a word to either end; cuts and rates are kept
in a file, because a host that is powered on again must find them in force.
"""

import ipaddress
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from . import children, paths
from .errors import LabError, UsageError
from .inside import host_pid
from .shape import (
    CONTROLLER_ADDRESSES,
    CONTROLLER_LINKS,
    NETWORKS,
    PREFIX_LENGTH,
    STRETCHED,
    SWITCH,
    WAN,
    Host,
    Shape,
    Site,
    address_range,
    backbone,
    mac_address,
)
from .state import read_json, write_json

NETNS_FOLDER = Path("/run/netns")
# Written before the folder above is made by us, so that `down` knows to take it away.
NETNS_NOTE = paths.STATE / "netns-folder-was-absent"

# Routes to networks at least this wide are not taken for somebody's use of the lab's addresses.
WIDE_PREFIX = 12

BRIDGE = "type bridge stp_state 0 forward_delay 0 mcast_snooping 0"


def controller_port(network: str) -> str:
    """The end of the controller's link that sits in the recovery site's bridge."""
    return f"c-{network}"


def ip(*arguments: str, namespace: Optional[str] = SWITCH, check: bool = True) -> subprocess.CompletedProcess:
    inside = [] if namespace is None else ["-n", namespace]
    return children.run(["ip", *inside, *arguments], check=check, capture_output=True)


def batch(commands: List[str], namespace: Optional[str] = SWITCH) -> None:
    """Runs many `ip` commands in one process; stops at the first that fails."""
    if commands:
        inside = [] if namespace is None else ["-n", namespace]
        text = "\n".join(commands) + "\n"
        children.run(["ip", *inside, "-batch", "-"], input=text.encode(), check=True, capture_output=True)


def link_names(namespace: Optional[str] = SWITCH) -> List[str]:
    listing = ip("-j", "link", namespace=namespace, check=False)
    if listing.returncode != 0:
        return []
    return [link["ifname"] for link in json.loads(listing.stdout or b"[]")]


def switch_exists() -> bool:
    return (NETNS_FOLDER / SWITCH).exists()


def refuse_occupied_addresses() -> None:
    """The lab's addresses must not be anybody else's on this machine."""
    routes = json.loads(ip("-j", "-4", "route", "show", "table", "all", namespace=None).stdout or b"[]")
    for route in routes:
        where = "0.0.0.0/0" if route["dst"] == "default" else route["dst"]
        # A wide route, such as one of a whole company, gives way to the lab's narrower ones.
        taken = ipaddress.ip_network(where, strict=False)
        if taken.prefixlen <= WIDE_PREFIX or route.get("dev") in CONTROLLER_LINKS.values():
            continue
        if any(taken.overlaps(address_range(network)) for network in NETWORKS):
            raise LabError(
                f"this machine already has a route to {where} by {route.get('dev', 'another link')}, and the"
                " lab needs 10.77, 10.78 and 10.79.0.0/16 for itself: take that route away, or use another machine"
            )


def build_switch(shape: Shape) -> None:
    """Makes whatever of the switch is lacking; safe to call on a finished or half-made one."""
    refuse_occupied_addresses()
    if not switch_exists():
        if not NETNS_FOLDER.exists():
            NETNS_NOTE.touch()
        ip("netns", "add", SWITCH, namespace=None)
    disable_ipv6()
    existing = set(link_names())
    commands = []

    def bridge(name: str) -> None:
        if name not in existing:
            commands.append(f"link add {name} {BRIDGE}")
        commands.append(f"link set {name} up")

    for site in shape.sites:
        for network in NETWORKS:
            bridge(site.bridge(network))
    if shape.site_count > 1:
        for network in STRETCHED:
            bridge(backbone(network))
            for site in shape.sites:
                near, far = site.wan_port(network), site.backbone_port(network)
                if near not in existing:
                    commands.append(f"link add {near} type veth peer name {far}")
                commands.append(f"link set {near} master {site.bridge(network)}")
                commands.append(f"link set {far} master {backbone(network)}")
                commands.append(f"link set {far} up")
    batch(commands)
    attach_controller(shape)
    apply_wan(shape)


def disable_ipv6() -> None:
    children.run(
        ["ip", "netns", "exec", SWITCH, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"]
        + ["net.ipv6.conf.default.disable_ipv6=1"],
        check=False,
        capture_output=True,
    )


def attach_controller(shape: Shape) -> None:
    present = set(link_names(namespace=None))
    for network, link in CONTROLLER_LINKS.items():
        port = controller_port(network)
        commands = []
        if link not in present:
            commands.append(f"link add {link} type veth peer name {port} netns {SWITCH}")
        commands.append(f"addr replace {CONTROLLER_ADDRESSES[network]}/{PREFIX_LENGTH} dev {link}")
        commands.append(f"link set {link} up")
        batch(commands, namespace=None)
        batch([f"link set {port} master {shape.recovery_site.bridge(network)}", f"link set {port} up"])


def attach_host(shape: Shape, host: Host, pid: int) -> None:
    """Leads the host's uplinks into the namespace of process `pid`, cuts and rates in force."""
    site = shape.sites[host.site_number - 1]
    detach_host(host)
    commands = []
    for network in NETWORKS:
        port = host.switch_port(network)
        commands += [
            f"link add {port} type veth peer name {host.uplink(network)} netns {pid}",
            f"link set {port} master {site.bridge(network)}",
        ]
    batch(commands)
    apply_host(host, pid)


def detach_host(host: Host) -> None:
    """A dead host's links go with its namespace, but only some time after its death."""
    for network in NETWORKS:
        ip("link", "del", host.switch_port(network), check=False)


def host_side_commands(host: Host) -> List[str]:
    """What the host does with its uplinks; nothing is forwarded from one network to another."""
    commands = ["link set lo up"]
    for network in NETWORKS:
        uplink, interface = host.uplink(network), host.interface(network)
        commands.append(f"link set {uplink} address {mac_address(host.name, network, 'uplink')}")
        if interface != uplink:
            commands.append(f"link add {interface} address {mac_address(host.name, network)} {BRIDGE}")
            commands.append(f"link set {uplink} master {interface}")
            commands.append(f"link set {uplink} up")
        commands.append(f"addr add {host.address(network)}/{PREFIX_LENGTH} broadcast + dev {interface}")
        commands.append(f"link set {interface} up")
    return commands


# Cuts and rates. A link is named `<host, site or wan>/<network>`.


def links_in_force() -> Tuple[List[str], Dict[str, str]]:
    document = read_json(paths.LINKS_FILE) or {}
    return document.get("cuts", []), document.get("rates", {})


def keep_links(cuts: List[str], rates: Dict[str, str]) -> None:
    write_json(paths.LINKS_FILE, {"cuts": sorted(set(cuts)), "rates": rates})


def link_target(shape: Shape, name: str) -> Tuple[str, Optional[Host], List[Site]]:
    """What the name stands for: a host, one site's WAN links, or all of the WAN."""
    if name == WAN:
        if shape.site_count == 1:
            raise UsageError("a lab of one site has no WAN: name a host instead")
        return name, None, shape.sites
    for site in shape.sites:
        if site.name == name and shape.site_count > 1:
            return name, None, [site]
    return name, shape.host(name), []


def networks_of(host: Optional[Host], network: Optional[str]) -> List[str]:
    possible = NETWORKS if host else STRETCHED
    if network is not None and network not in possible:
        raise UsageError(f"the {network} network does not cross the WAN: choose {' or '.join(STRETCHED)}")
    return [network] if network else list(possible)


def apply_links(shape: Shape, host: Optional[Host]) -> None:
    if host is None:
        apply_wan(shape)
    else:
        pid = host_pid(host.name)
        if pid is not None:
            apply_host(host, pid)


def apply_host(host: Host, pid: int) -> None:
    cuts, rates = links_in_force()
    for network in NETWORKS:
        link = f"{host.name}/{network}"
        shape_rate(["tc", "-n", SWITCH], host.switch_port(network), rates.get(link))
        shape_rate(["nsenter", "-t", str(pid), "-n", "tc"], host.uplink(network), rates.get(link))
        ip("link", "set", host.switch_port(network), "down" if link in cuts else "up")


def apply_wan(shape: Shape) -> None:
    if shape.site_count == 1:
        return
    cuts, rates = links_in_force()
    for site in shape.sites:
        for network in STRETCHED:
            is_cut = f"{site.name}/{network}" in cuts or f"{WAN}/{network}" in cuts
            rate = rates.get(f"{site.name}/{network}") or rates.get(f"{WAN}/{network}")
            for port in (site.wan_port(network), site.backbone_port(network)):
                shape_rate(["tc", "-n", SWITCH], port, rate)
            ip("link", "set", site.wan_port(network), "down" if is_cut else "up")


UNITS = {"kbit": 1_000, "mbit": 1_000_000, "gbit": 1_000_000_000}


def bits_per_second(rate: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(kbit|mbit|gbit)", rate)
    if match is None or float(match.group(1)) <= 0:
        raise UsageError(f"a rate is a number with kbit, mbit or gbit, or `none`, not {rate!r}: for example 100mbit")
    return int(float(match.group(1)) * UNITS[match.group(2)])


def shape_rate(tc: List[str], link: str, rate: Optional[str]) -> None:
    """Limits what leaves by `link`; each link is limited at both of its ends."""
    if rate is None:
        # Fails when there was no limit, which is what is wanted.
        children.run([*tc, "qdisc", "del", "dev", link, "root"], check=False, capture_output=True)
        return
    bits = bits_per_second(rate)
    # Ten milliseconds' worth in one go, and never less than a few full packets.
    burst = max(bits // 8 // 100, 16 * 1024)
    children.run(
        [*tc, "qdisc", "replace", "dev", link, "root", "tbf"]
        + ["rate", f"{bits}bit", "burst", str(burst), "latency", "50ms"],
        check=True,
        capture_output=True,
    )


def remove() -> None:
    """Takes away the switch and the controller's links; safe when there are none."""
    for link in CONTROLLER_LINKS.values():
        ip("link", "del", link, namespace=None, check=False)
    if switch_exists():
        ip("netns", "del", SWITCH, namespace=None, check=False)
    if NETNS_NOTE.exists() and NETNS_FOLDER.exists() and not any(NETNS_FOLDER.iterdir()):
        children.run(["umount", "-l", str(NETNS_FOLDER)], check=False, capture_output=True)
        NETNS_FOLDER.rmdir()


def switch_inode() -> Optional[int]:
    try:
        return os.stat(NETNS_FOLDER / SWITCH).st_ino
    except FileNotFoundError:
        return None
