"""`lab/lab up`: makes whatever of the lab is lacking."""

import argparse
import os
import time
from typing import Optional

from . import certificates, cpu, host_files, hosts, libvirtd, network, packages, paths, ssh
from .cli import command, say
from .down import sweep
from .errors import LabError, UsageError
from .inside import host_pid
from .shape import Shape
from .state import changing, require_root, shape_if_any, write_json

DEFAULT_SITES = 2
DEFAULT_HOSTS = 2
# A unix socket's path has at most 107 bytes, and libvirt's is deep in a host.
MAX_STATE_PATH = 60


def register(subparsers: argparse._SubParsersAction) -> None:
    parser = command(
        subparsers,
        "up",
        run,
        "bring the lab up",
        "Brings up sites of libvirt hosts. What is up already stays as it is, what lacks is started;\n"
        "a host that was powered off is powered on. Installs the Debian packages it lacks.",
        ["lab/lab up", "lab/lab up --yes --sites 2 --hosts 3", "lab/lab up --restricted-cpu south-2"],
    )
    parser.add_argument("--sites", type=int, help=f"number of sites (default: {DEFAULT_SITES})")
    parser.add_argument("--hosts", type=int, help=f"hosts in each site (default: {DEFAULT_HOSTS})")
    parser.add_argument("--restricted-cpu", metavar="HOST", help="give this host a lesser CPU (see `lab/lab cpu`)")
    parser.add_argument("--yes", action="store_true", help="install lacking packages without asking")


def run(args: argparse.Namespace) -> None:
    began = time.monotonic()
    require_root()
    if len(os.fsencode(paths.STATE)) > MAX_STATE_PATH:
        raise UsageError(f"{paths.STATE_VARIABLE} is too long for unix sockets: at most {MAX_STATE_PATH} bytes")
    packages.ensure(args.yes, say)
    with changing(create=True):
        shape = settle_shape(args.sites, args.hosts)
        if args.restricted_cpu is not None:
            shape.host(args.restricted_cpu)
        if not paths.LAB_FILE.exists():
            # What a killed `down` or `up` left is no lab to build on.
            sweep()
            network.refuse_occupied_addresses()
            write_json(paths.LAB_FILE, shape.to_json())
        network.build_switch(shape)
        off = [host for host in shape.hosts if host_pid(host.name) is None]
        if off:
            for host in shape.hosts:
                host_files.furnish(shape, host)
            certificates.make_certificates(shape)
            libvirtd.controller_credentials()
            ssh.make_keys(shape)
        if args.restricted_cpu is not None:
            cpu.restrict(shape.host(args.restricted_cpu))
        hosts.for_all(off, lambda host: hosts.power_on(shape, host))
        hosts.wait_until_all_ready(shape.hosts)
    started = f"started {', '.join(host.name for host in off)}" if off else "everything was up"
    say(f"lab is up: {shape}, {started} ({time.monotonic() - began:.1f} s)")


def settle_shape(site_count: Optional[int], hosts_per_site: Optional[int]) -> Shape:
    """The shape asked for, or the one of the lab that is there. Refuses to change a lab's shape."""
    existing = shape_if_any()
    wanted = Shape(
        site_count if site_count is not None else existing.site_count if existing else DEFAULT_SITES,
        hosts_per_site if hosts_per_site is not None else existing.hosts_per_site if existing else DEFAULT_HOSTS,
    )
    if existing is None or existing == wanted:
        return wanted
    raise LabError(f"the lab has {existing} already: `lab/lab down` first, or ask for that shape")
