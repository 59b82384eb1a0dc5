"""Where the lab keeps things on the machine.

A host's folder *is* the root of that host: what the host sees as `/run/libvirt`
is `hosts/<host>/run/libvirt` here, whether the host is on or off.
"""

import os
from pathlib import Path

STATE_VARIABLE = "LIFEBOAT_LAB_DIR"

STATE = Path(os.environ.get(STATE_VARIABLE) or "/var/lib/lifeboat-lab")
# What costs minutes to build and belongs to no particular lab; `down` keeps it.
CACHE = Path("/var/cache/lifeboat-lab")

LAB_FILE = STATE / "lab.json"
LINKS_FILE = STATE / "links.json"
HOSTS = STATE / "hosts"
SHARED = STATE / "shared"
GUESTS = STATE / "guests"
PKI = STATE / "pki"
SSH = STATE / "ssh"
SASL_PASSWORD = STATE / "sasl-password"

# Kernel and initramfs as every host sees them, and where they come from.
BOOT_IN_HOST = "/var/lib/libvirt/boot"
BOOT_CACHE = CACHE / "boot"

IMAGES_IN_HOST = "/var/lib/libvirt/images"
# The folder that all hosts of a site see, as they would see an NFS export: mounted in each host while it is on.
SHARED_IN_HOST = "/var/lib/libvirt/shared"
CONSOLE_IN_HOST = "/var/lib/libvirt/console"
LIBVIRT_SOCKET_IN_HOST = "/run/libvirt/libvirt-sock"


def host_folder(host: str) -> Path:
    return HOSTS / host


def in_host_folder(host: str, path: str) -> Path:
    """Where on the machine the host's `path` is kept: also readable while the host is off."""
    if path == SHARED_IN_HOST or path.startswith(f"{SHARED_IN_HOST}/"):
        return shared_folder(host) / path[len(SHARED_IN_HOST):].lstrip("/")
    return HOSTS / host / path.lstrip("/")


def shared_folder(host: str) -> Path:
    """What the hosts of this one's site share: one folder, whichever of them is asked about."""
    return SHARED / host.rpartition("-")[0]


def pid_file(host: str) -> Path:
    """Holds the PID, as the machine counts, of the host's first process; absent while it is off."""
    return HOSTS / host / "pid"


def libvirt_socket(host: str) -> Path:
    return in_host_folder(host, LIBVIRT_SOCKET_IN_HOST)


def guest_file(guest: str) -> Path:
    return GUESTS / f"{guest}.json"


def libvirt_uri(host: str) -> str:
    """How a program on the machine reaches the host's libvirtd without the network."""
    return f"qemu:///system?socket={libvirt_socket(host)}"
