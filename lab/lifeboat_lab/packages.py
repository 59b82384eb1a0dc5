"""The Debian packages that the lab runs on, and installing the ones that lack.

The packages' own services are kept from starting: the machine itself becomes
no hypervisor and no ssh server by having a lab.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, List

from .errors import LabError

PACKAGES = (
    "libvirt-daemon-system",
    "libvirt-clients",
    "qemu-system-x86",
    "qemu-utils",
    "openssh-server",
    "iproute2",
    "busybox-static",
    "qemu-guest-agent",
    "libnbd-bin",
    "netcat-openbsd",
    "python3-libvirt",
    "sasl2-bin",
    "libsasl2-modules",
    "openssl",
    "e2fsprogs",
)

POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_TEXT = "#!/bin/sh\n# lifeboat-lab: for the time of one installation\nexit 101\n"
LISTS = Path("/var/lib/apt/lists")
STALE_SECONDS = 24 * 3600


def lacking() -> List[str]:
    if shutil.which("dpkg-query") is None or shutil.which("apt-get") is None:
        raise LabError("the lab is built from Debian packages and this is neither Debian nor Ubuntu: use one of them")
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *PACKAGES], capture_output=True, text=True
    )
    installed = {line.split()[0] for line in asked.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in PACKAGES if package not in installed]


def ensure(agreed: bool, say) -> None:
    """Installs what lacks after saying what; asks first unless agreed."""
    missing = lacking()
    if not missing:
        return
    say(f"lacking packages: {' '.join(missing)}")
    if not agreed:
        if not sys.stdin.isatty():
            raise LabError(f"the lab lacks {len(missing)} packages and nobody is there to ask: `lab/lab up --yes`")
        print("install them? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise LabError("nothing was installed, so there is no lab: install the packages above, or say yes")
    with without_services():
        if lists_are_stale():
            apt_get("update", "-q")
        apt_get("install", "-q", "-y", "--no-install-recommends", *missing)
    say("packages installed")


def apt_get(*arguments: str) -> None:
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", NEEDRESTART_SUSPEND="1")
    ran = subprocess.run(
        ["apt-get", "-o", "DPkg::Lock::Timeout=120", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if ran.returncode != 0:
        last = "\n".join(ran.stdout.splitlines()[-15:])
        raise LabError(f"apt-get {arguments[0]} failed, fix that and try again; its last words:\n{last}")


def lists_are_stale() -> bool:
    lists = [entry.stat().st_mtime for entry in LISTS.glob("*_Packages*")] if LISTS.is_dir() else []
    return not lists or time.time() - max(lists) > STALE_SECONDS


@contextlib.contextmanager
def without_services() -> Iterator[None]:
    """Debian asks policy-rc.d before it starts a service; one that is there already is respected."""
    if POLICY.exists() and not is_ours():
        yield
        return
    POLICY.write_text(POLICY_TEXT)
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        remove_policy()


def is_ours() -> bool:
    return POLICY.exists() and POLICY.read_text(errors="replace") == POLICY_TEXT


def remove_policy() -> None:
    """Also for an installation that was killed and left it behind."""
    if is_ours():
        POLICY.unlink()
