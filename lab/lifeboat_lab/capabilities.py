"""What libvirtd finds out about the emulator, kept so that the next host need not.

Asking QEMU for its abilities takes a libvirtd seconds of processor time, and
every host would ask the same emulator on the same machine. libvirt checks each
kept answer against the emulator's and its own build and drops a stale one.
"""

import os
import shutil
from typing import List

from . import host_root, libvirtd, paths
from .shape import Host

FOLDER_IN_HOST = "/var/cache/libvirt/qemu/capabilities"
ASK_SECONDS = 60.0
KEPT = paths.CACHE / "libvirt-capabilities"


def is_restricted(host: Host) -> bool:
    return paths.in_host_folder(host.name, host_root.RESTRICTED_EMULATOR).exists()


def learn(hosts: List[Host]) -> None:
    """Makes every host know its emulator, so that its first VM does not wait for that."""
    for host in [host for host in hosts if not is_restricted(host)]:
        seed(host)
        ask(host)
        keep(host)
    for host in [host for host in hosts if is_restricted(host)]:
        ask(host)


def ask(host: Host) -> None:
    libvirtd.virsh(host, "capabilities", capture_output=True, timeout=ASK_SECONDS, check=True)


def seed(host: Host) -> None:
    """Gives a host the kept answers that it lacks. Another emulator's are no use to it."""
    folder = paths.in_host_folder(host.name, FOLDER_IN_HOST)
    if is_restricted(host) or not KEPT.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    for entry in os.scandir(KEPT):
        if entry.name.endswith(".xml") and not (folder / entry.name).exists():
            shutil.copy2(entry.path, folder / entry.name)


def keep(host: Host) -> None:
    """Keeps what the host found out by itself."""
    folder = paths.in_host_folder(host.name, FOLDER_IN_HOST)
    if is_restricted(host) or not folder.is_dir():
        return
    KEPT.mkdir(parents=True, exist_ok=True)
    for entry in os.scandir(folder):
        kept = KEPT / entry.name
        if entry.name.endswith(".xml") and not (kept.exists() and kept.stat().st_mtime >= entry.stat().st_mtime):
            fresh = KEPT / f".{entry.name}.new"
            shutil.copy2(entry.path, fresh)
            os.replace(fresh, kept)
