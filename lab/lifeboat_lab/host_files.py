"""The folders of a host: made once, kept while it is off, gone with the lab."""

import os
import shutil
from pathlib import Path

from . import libvirtd, paths
from .shape import MGMT, Host, Shape

EMPTY_FOLDERS = ("home", "mnt", "opt", "proc", "srv", "sys", "dev", "var/lib", "var/log", "var/cache", "var/tmp")
# Written last: a host without it was left half made and is furnished again.
FURNISHED = "etc/lifeboat-lab-furnished"

NSSWITCH = "passwd: files\ngroup: files\nshadow: files\nhosts: files\nservices: files\nprotocols: files\n"


def furnish(shape: Shape, host: Host) -> None:
    """Makes the host's folders; leaves those of a finished host as somebody may have changed them."""
    root = paths.host_folder(host.name)
    if (root / FURNISHED).exists():
        return
    for folder in EMPTY_FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "root").mkdir(mode=0o700, exist_ok=True)
    for folder in ("tmp", "var/tmp"):
        (root / folder).mkdir(exist_ok=True)
        (root / folder).chmod(0o1777)
    link(root / "var/run", "/run")
    link(root / "var/lock", "/run/lock")
    write_etc(shape, host, root / "etc")
    libvirtd.configure(shape, host)
    clear_run(host)
    (root / FURNISHED).touch()


def link(path: Path, target: str) -> None:
    if not path.is_symlink():
        path.symlink_to(target)


def write_etc(shape: Shape, host: Host, etc: Path) -> None:
    etc.mkdir(exist_ok=True)
    for name in ("passwd", "group"):
        shutil.copy(f"/etc/{name}", etc / name)
    # Root may come in by key: a locked account could not.
    (etc / "shadow").write_text("root:*:19000:0:99999:7:::\n")
    (etc / "shadow").chmod(0o600)
    (etc / "hostname").write_text(f"{host.name}\n")
    (etc / "hosts").write_text(
        "127.0.0.1 localhost\n" + "".join(f"{other.address(MGMT)} {other.name}\n" for other in shape.hosts)
    )
    (etc / "nsswitch.conf").write_text(NSSWITCH)
    (etc / "resolv.conf").write_text("")
    (etc / "machine-id").write_text(host.uuid.replace("-", "") + "\n")
    link(etc / "mtab", "/proc/self/mounts")


def clear_run(host: Host) -> None:
    """What a machine's memory held: gone with the power."""
    root = paths.host_folder(host.name)
    shutil.rmtree(root / "run", ignore_errors=True)
    for folder in ("run", "run/lock", "run/sshd", "run/libvirt"):
        (root / folder).mkdir(exist_ok=True)
        (root / folder).chmod(0o755)
    for entry in os.scandir(root / "tmp"):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)
