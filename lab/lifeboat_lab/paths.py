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
GUESTS = STATE / "guests"
PKI = STATE / "pki"
SSH = STATE / "ssh"
SASL_PASSWORD = STATE / "sasl-password"

# Kernel and initramfs as every host sees them, and where they come from.
BOOT_IN_HOST = "/var/lib/libvirt/boot"
BOOT_CACHE = CACHE / "boot"

IMAGES_IN_HOST = "/var/lib/libvirt/images"
CONSOLE_IN_HOST = "/var/lib/libvirt/console"
LIBVIRT_SOCKET_IN_HOST = "/run/libvirt/libvirt-sock"


def host_folder(host: str) -> Path:
    return HOSTS / host


def in_host_folder(host: str, path: str) -> Path:
    """Where on the machine the host's `path` is kept: also readable while the host is off."""
    return HOSTS / host / path.lstrip("/")


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
