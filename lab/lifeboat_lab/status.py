"""`lab/lab status`: what is on, what serves, what is cut."""

import argparse
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, List, Optional

from . import capabilities, hosts, libvirtd, network, paths
from .cli import command
from .inside import host_pid
from .shape import MGMT, Host
from .state import shape

ASK_SECONDS = 3.0


def register(subparsers: argparse._SubParsersAction) -> None:
    command(
        subparsers,
        "status",
        run,
        "show hosts, guests, cuts and rates",
        "Shows each host's power, whether ssh and libvirt serve, its running domains, and cuts and rates.",
        ["lab/lab status", "lab/lab status -o json"],
        data=True,
    )


def run(args: argparse.Namespace) -> None:
    there = shape()
    with ThreadPoolExecutor(max_workers=len(there.hosts)) as pool:
        rows = list(pool.map(host_status, there.hosts))
    cuts, rates = network.links_in_force()
    if args.output == "json":
        print(json.dumps(dict(there.to_json(), hosts=rows, cuts=cuts, rates=rates, state=str(paths.STATE)), indent=2))
        return
    print(f"{'HOST':10} {'ADDRESS':14} {'POWER':6} {'PID':>7}  {'SERVES':14} {'CPU':11} RUNNING")
    for row in rows:
        print(
            f"{row['name']:10} {row['address']:14} {row['power']:6} {row['pid'] or '-':>7}  "
            f"{','.join(row['serves']) or '-':14} {row['cpu']:11} {show_domains(row['running'])}"
        )
    for cut in cuts:
        print(f"cut: {cut}")
    for link, rate in rates.items():
        print(f"rate: {link} {rate}")


def host_status(host: Host) -> Dict:
    pid = host_pid(host.name)
    running = running_domains(host) if pid is not None else None
    serves = []
    if pid is not None and 22 in hosts.listening_ports(pid):
        serves.append("ssh")
    if running is not None:
        serves.append("libvirt")
    return {
        "name": host.name,
        "site": host.site,
        "address": host.address(MGMT),
        "power": "on" if pid is not None else "off",
        "pid": pid,
        "serves": serves,
        "cpu": "restricted" if capabilities.is_restricted(host) else "full",
        "running": running,
        "libvirt_uri": paths.libvirt_uri(host.name),
        "tcp_uri": f"qemu+tcp://{host.address(MGMT)}/system",
        "tls_uri": f"qemu+tls://{host.address(MGMT)}/system?pkipath={paths.PKI}",
        "ssh_uri": f"qemu+ssh://root@{host.address(MGMT)}/system?command={paths.SSH}/ssh",
    }


def running_domains(host: Host) -> Optional[List[str]]:
    """Names of the active domains, or None when libvirtd does not answer in time."""
    try:
        asked = libvirtd.virsh(host, "list", "--name", timeout=ASK_SECONDS, capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        return None
    return asked.stdout.split() if asked.returncode == 0 else None


def show_domains(names: Optional[List[str]]) -> str:
    return "-" if not names else " ".join(names)
