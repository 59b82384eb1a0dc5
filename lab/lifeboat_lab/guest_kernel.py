"""The guest's kernel: taken out of Debian's package for cloud machines (Ubuntu's for virtual ones), which is only unpacked."""

import lzma
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Tuple

from . import children
from .errors import LabError

# The first one that the package lists know is taken. Each is a meta package that depends on the real one.
META_PACKAGES = ("linux-image-cloud-amd64", "linux-image-virtual")

# What a guest needs; those built into the kernel are passed over. Their dependencies are found in the modules themselves.
MODULES = ("virtio_pci", "virtio_blk", "virtio_net", "virtio_console", "ext4", "button", "evdev")


@dataclass(frozen=True)
class GuestKernel:
    version: str
    image: bytes
    # (name, content) in the order to insert them
    modules: List[Tuple[str, bytes]]


def download(folder: Path) -> List[Path]:
    """Fetches the kernel's packages into `folder` unless they are there, and returns their paths.

    A package that was fetched once stays in use, so that a newer kernel in the archive does not change a lab unasked.
    """
    folder.mkdir(parents=True, exist_ok=True)
    present = sorted(folder.glob("linux-*.deb"))
    if present:
        return present
    names = _package_names()
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        fetched = children.run(
            ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *names],
            cwd=fresh, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        packages = sorted(Path(fresh).glob("*.deb"))
        if fetched.returncode != 0 or len(packages) != len(names):
            reason = (fetched.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise LabError(
                f"the guest's kernel package {' '.join(names)} cannot be downloaded: {reason}; "
                "run apt-get update, or check the package mirror, and try again"
            )
        for package in packages:
            package.rename(folder / package.name)
    return sorted(folder.glob("linux-*.deb"))


def unpack(packages: List[Path]) -> GuestKernel:
    """Reads kernel image and modules out of the packages. Nothing is installed."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for package in packages:
            children.run(["dpkg-deb", "-x", str(package), folder], check=True, capture_output=True)
        images = sorted(root.glob("boot/vmlinuz-*"))
        if not images:
            raise LabError(f"{packages[0].name} holds no kernel image: delete {packages[0].parent} and try again")
        return GuestKernel(images[0].name[len("vmlinuz-"):], images[0].read_bytes(), _modules(root))


def _package_names() -> List[str]:
    for meta in META_PACKAGES:
        images = _depends(meta, r"linux-image-\d\S*")
        if images:
            return images[:1] + _depends(images[0], r"linux-modules-\d\S*")[:1]
    raise LabError(
        f"no kernel package for the guest is known ({', '.join(META_PACKAGES)}): run apt-get update, "
        "or check /etc/apt/sources.list, and try again"
    )


def _depends(package: str, pattern: str) -> List[str]:
    listed = children.run(["apt-cache", "depends", package], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return re.findall(rf"Depends: ({pattern})", listed.stdout)


def _modules(root: Path) -> List[Tuple[str, bytes]]:
    """The modules in an order in which each follows what it depends on; the order differs between kernel versions."""
    files: Dict[str, Path] = {}
    for folder in ("lib/modules", "usr/lib/modules"):
        for file in (root / folder).glob("*/kernel/**/*.ko*"):
            files[file.name.split(".ko")[0].replace("-", "_")] = file
    ordered: Dict[str, bytes] = {}

    def insert(name: str) -> None:
        file = files.get(name)
        if file is None or name in ordered:
            return
        content = _expanded(file)
        for needed in re.findall(rb"\0(?:depends|softdep)=([^\0]*)", content):
            for dependency in re.split(r"[ ,]", needed.decode()):
                insert(dependency.replace("-", "_"))
        ordered[name] = content

    for name in MODULES:
        insert(name)
    return list(ordered.items())


def _expanded(file: Path) -> bytes:
    if file.suffix == ".xz":
        return lzma.decompress(file.read_bytes())
    if file.suffix == ".zst":
        return children.run(["zstd", "-dc", str(file)], stdout=subprocess.PIPE, check=True).stdout
    return file.read_bytes()
