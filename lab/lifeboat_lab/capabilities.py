"""What libvirtd finds out about the emulator, kept so that the next host need not.

Asking QEMU for its abilities takes a libvirtd seconds of processor time, and
every host would ask the same emulator on the same machine. libvirt checks each
kept answer against the emulator's and its own build and drops a stale one.
"""

import os
import shutil

from . import host_root, paths
from .shape import Host

FOLDER_IN_HOST = "/var/cache/libvirt/qemu/capabilities"
KEPT = paths.CACHE / "libvirt-capabilities"


def is_restricted(host: Host) -> bool:
    return paths.in_host_folder(host.name, host_root.RESTRICTED_EMULATOR).exists()


def seed(host: Host) -> None:
    """Gives a host that has no answers yet the kept ones. Another emulator's are no use to it."""
    folder = paths.in_host_folder(host.name, FOLDER_IN_HOST)
    if is_restricted(host) or not KEPT.is_dir() or folder.exists():
        return
    folder.mkdir(parents=True)
    for entry in os.scandir(KEPT):
        if entry.name.endswith(".xml"):
            shutil.copy2(entry.path, folder / entry.name)


def keep(host: Host) -> None:
    """Keeps the host's answers; whole files only, since several hosts may do so at once."""
    folder = paths.in_host_folder(host.name, FOLDER_IN_HOST)
    if is_restricted(host) or not folder.is_dir():
        return
    KEPT.mkdir(parents=True, exist_ok=True)
    for entry in os.scandir(folder):
        kept = KEPT / entry.name
        if entry.name.endswith(".xml") and not (kept.exists() and kept.stat().st_mtime >= entry.stat().st_mtime):
            fresh = KEPT / f".{entry.name}.{host.name}"
            shutil.copy2(entry.path, fresh)
            os.replace(fresh, kept)
