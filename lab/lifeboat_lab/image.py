"""The guest image: kernel and initramfs, built once out of Debian's packages and kept in the cache.

The files in the boot folder are replaced one by one, never the folder: every host sees that folder through a mount.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Dict, Iterator, List

from . import accelerator, children, guest_kernel, paths, state
from .cli import command, say
from .errors import LabError
from .initramfs import Initramfs

GUEST_FILES = Path(__file__).resolve().parent.parent / "guest"
PACKAGES = paths.CACHE / "packages"
RECORD = paths.BOOT_CACHE / "image.json"
VMLINUZ = paths.BOOT_CACHE / "vmlinuz"
INITRD = paths.BOOT_CACHE / "initrd.img"

# (file in lab/guest, where the guest has it)
GUEST_PROGRAMS = (
    ("init", "/init"),
    ("witness", "/usr/bin/witness"),
    ("shutdown", "/sbin/shutdown"),
    # What acpid calls when the power button is pressed.
    ("shutdown", "/etc/acpi/PWRF/00000080"),
)
PERL_MODULES = ("strict", "warnings", "Fcntl", "Socket")
# program -> the Debian package it comes from
BINARIES = {"busybox": "busybox-static", "perl": "perl-base", "qemu-ga": "qemu-guest-agent"}


def ensure() -> Dict:
    """Builds the image unless it is there and its parts are unchanged; answers its record. May be called at any time, by many."""
    with _building():
        digest = _digest()
        record = state.read_json(RECORD)
        if record and record["digest"] == digest and VMLINUZ.exists() and INITRD.exists():
            return record
        return _build(digest, record or {})


def _build(digest: str, before: Dict) -> Dict:
    packages = guest_kernel.download(PACKAGES)
    unpacked = guest_kernel.unpack(packages)
    say(f"building the guest image with Linux {unpacked.version} in {paths.BOOT_CACHE}")
    RECORD.unlink(missing_ok=True)
    _replace(VMLINUZ, unpacked.image)
    _replace(INITRD, _initramfs(unpacked).content())
    if before.get("kernel") == unpacked.version:
        found = before["accelerator"]
    else:
        found = accelerator.find(VMLINUZ, INITRD)
        say(f"guests run under {found.upper()}")
    record = {"digest": digest, "kernel": unpacked.version, "accelerator": found}
    state.write_json(RECORD, record)
    return record


def _initramfs(unpacked: guest_kernel.GuestKernel) -> Initramfs:
    root = Initramfs()
    for folder in ("proc", "sys", "dev", "run", "tmp", "disk", "var"):
        root.add_folder(folder)
    root.add_link("/var/run", "../run")
    for name, path in GUEST_PROGRAMS:
        root.add_file(path, (GUEST_FILES / name).read_bytes(), 0o755)
    for name, content in unpacked.modules:
        root.add_file(f"/modules/{name}.ko", content)
    root.add_file("/modules/order", "".join(f"{name}.ko\n" for name, _ in unpacked.modules).encode())

    busybox = _program("busybox")
    for applet in _output([busybox, "--list"]).split():
        root.add_link(f"/bin/{applet}", "busybox")
    root.copy(busybox, "/bin/busybox")
    for program in ("perl", "qemu-ga"):
        root.copy(_program(program), f"/usr/bin/{program}")
    for file in {*_libraries(_program("perl")), *_libraries(_program("qemu-ga")), *_perl_files()}:
        root.copy(file)
    return root


def _digest() -> str:
    """Names everything the image is made of, so that a changed part rebuilds it."""
    parts = hashlib.sha256()
    for file in sorted(GUEST_FILES.iterdir()):
        parts.update(file.read_bytes())
    for module in (__file__, guest_kernel.__file__):
        parts.update(Path(module).read_bytes())
    for program in sorted(BINARIES):
        found = os.stat(_program(program))
        parts.update(f"{program} {found.st_size} {found.st_mtime_ns}".encode())
    return parts.hexdigest()


def _program(name: str) -> str:
    # Debian's own perl is meant, not another one that stands earlier in PATH.
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if not found:
        raise LabError(f"{name} is not installed, and the guest image needs it: apt-get install {BINARIES[name]}")
    return found


def _libraries(program: str) -> List[str]:
    return re.findall(r"(/\S+) \(0x", _output(["ldd", program]))


def _perl_files() -> List[str]:
    """The files behind the modules that the witness uses, as perl itself names them."""
    uses = "".join(f"use {module};" for module in PERL_MODULES)
    asked = uses + r'print map "$_\n", values %INC, @DynaLoader::dl_shared_objects'
    return _output([_program("perl"), "-e", asked]).split()


def _output(argv: List[str]) -> str:
    return children.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, text=True).stdout


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    os.replace(fresh, path)


@contextmanager
def _building() -> Iterator[None]:
    state.require_root()
    paths.BOOT_CACHE.mkdir(parents=True, exist_ok=True)
    folder = os.open(paths.CACHE, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def register(subparsers) -> None:
    command(
        subparsers, "image", _run, "build the guest image",
        "Builds kernel and initramfs of the guests unless they are built and unchanged. `guest` does it by itself.",
        ["lab/lab image", "lab/lab image -o json"], data=True,
    )


def _run(args) -> None:
    record = ensure()
    if args.output == "json":
        print(json.dumps({**record, "folder": str(paths.BOOT_CACHE)}, indent=2))
    else:
        print(f"{paths.BOOT_CACHE}: Linux {record['kernel']}, guests run under {record['accelerator'].upper()}")
