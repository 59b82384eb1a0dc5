"""Whether guests can run under KVM here: found by booting one, once, because /dev/kvm being there does not tell."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from . import children

KVM, TCG = "kvm", "tcg"

# A guest under KVM says its first word within two seconds; one that cannot run there says nothing, ever.
PATIENCE_S = 10
FIRST_WORD = b"witness "


def find(vmlinuz: Path, initrd: Path) -> str:
    """KVM when the guest's witness spoke under it in time, else TCG. Leaves no process behind."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return TCG
    with tempfile.TemporaryDirectory() as folder:
        console = Path(folder, "console")
        console.touch()
        trial = children.start(
            ["qemu-system-x86_64", "-machine", "q35,accel=kvm", "-m", "96", "-nodefaults", "-display", "none", "-no-reboot",
             "-kernel", str(vmlinuz), "-initrd", str(initrd), "-append", "console=ttyS0 panic=1 lab.name=trial",
             "-serial", f"file:{console}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline and trial.poll() is None:
                if FIRST_WORD in console.read_bytes():
                    return KVM
                time.sleep(0.05)
            return TCG
        finally:
            trial.kill()
            trial.wait()
