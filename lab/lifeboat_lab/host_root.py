"""The root of a host: its own folders, with the machine's programs under them.

A host sees the machine's `/usr` read-only, the folder that its site shares, and
nothing else of the machine's files, so that a program under test cannot take a file of the controller for a
file of the host. Run as a script it executes one command among a host's files,
on or off:

    host_root.py north-1 -- qemu-img info /var/lib/libvirt/images/web-vda.qcow2
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lifeboat_lab import paths, syscalls  # noqa: E402

# Programs and libraries: links on a merged-/usr system, folders on others.
PROGRAM_FOLDERS = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
# What those programs read that is the machine's and not the host's.
MACHINE_ETC = (
    "alternatives",
    "bash.bashrc",
    "ethertypes",
    "gnutls",
    "iproute2",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mke2fs.conf",
    "profile",
    "protocols",
    "services",
    "shells",
    "ssl",
    "terminfo",
)
DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "kvm", "net/tun", "vhost-net", "loop-control", "fuse")

EMULATOR = "/usr/bin/qemu-system-x86_64"
# Where a host finds the machine's emulator when a wrapper stands in its place.
REAL_EMULATOR = "/opt/lifeboat-lab/bin/qemu-system-x86_64"
# Stands over EMULATOR in a host whose CPU is restricted; absent in the others.
RESTRICTED_EMULATOR = "/opt/lifeboat-lab/restricted/qemu-system-x86_64"


def bind(source: str, target: str, read_only: bool = False) -> None:
    syscalls.mount(source, target, flags=syscalls.MS_BIND | syscalls.MS_REC)
    if read_only:
        syscalls.mount("", target, flags=syscalls.MS_BIND | syscalls.MS_REMOUNT | syscalls.MS_RDONLY)


def mount_point_for(source: str, target: str) -> None:
    """Makes an empty file or folder at `target` to mount `source` on, if there is none."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.lexists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "w").close()


def assemble(folder: str) -> None:
    """Makes `folder` the root of the calling process, which must be alone in its mount namespace.

    Afterwards no mount of the machine is held by the host, and none of the
    host's can be seen from the machine.
    """
    syscalls.mount("", "/", flags=syscalls.MS_REC | syscalls.MS_PRIVATE)
    syscalls.mount(folder, folder, flags=syscalls.MS_BIND)

    for name in PROGRAM_FOLDERS:
        source, target = f"/{name}", f"{folder}/{name}"
        if os.path.islink(source):
            if not os.path.islink(target):
                os.symlink(os.readlink(source), target)
        elif os.path.isdir(source):
            os.makedirs(target, exist_ok=True)
            bind(source, target, read_only=True)

    for name in MACHINE_ETC:
        source, target = os.path.realpath(f"/etc/{name}"), f"{folder}/etc/{name}"
        if os.path.exists(source):
            mount_point_for(source, target)
            bind(source, target, read_only=True)

    boot = folder + paths.BOOT_IN_HOST
    os.makedirs(boot, exist_ok=True)
    os.makedirs(paths.BOOT_CACHE, exist_ok=True)
    bind(str(paths.BOOT_CACHE), boot, read_only=True)

    shared = paths.shared_folder(os.path.basename(folder))
    os.makedirs(shared, exist_ok=True)
    os.makedirs(folder + paths.SHARED_IN_HOST, exist_ok=True)
    bind(str(shared), folder + paths.SHARED_IN_HOST)

    if os.path.exists(EMULATOR):
        mount_point_for(EMULATOR, folder + REAL_EMULATOR)
        bind(EMULATOR, folder + REAL_EMULATOR, read_only=True)
        # The emulator looks for its modules and firmware beside the folder that it is in.
        for name in ("lib", "share"):
            beside = f"{os.path.dirname(os.path.dirname(folder + REAL_EMULATOR))}/{name}"
            if not os.path.islink(beside):
                os.symlink(f"/usr/{name}", beside)
        if os.path.exists(folder + RESTRICTED_EMULATOR):
            bind(folder + RESTRICTED_EMULATOR, folder + EMULATOR)

    syscalls.mount("proc", f"{folder}/proc", "proc", syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC)
    # Fresh, so that it shows the host's network and none of the machine's cgroups.
    syscalls.mount("sysfs", f"{folder}/sys", "sysfs", syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC)
    mount_devices(f"{folder}/dev")

    os.chdir(folder)
    syscalls.pivot_root(".", ".")
    syscalls.unmount(".", syscalls.MNT_DETACH)
    os.chdir("/")


def mount_devices(dev: str) -> None:
    syscalls.mount("tmpfs", dev, "tmpfs", syscalls.MS_NOSUID, "mode=755")
    for name in DEVICES:
        source, target = f"/dev/{name}", f"{dev}/{name}"
        if os.path.exists(source):
            mount_point_for(source, target)
            syscalls.mount(source, target, flags=syscalls.MS_BIND)
    os.mkdir(f"{dev}/pts")
    syscalls.mount(
        "devpts",
        f"{dev}/pts",
        "devpts",
        syscalls.MS_NOSUID | syscalls.MS_NOEXEC,
        "newinstance,ptmxmode=0666,mode=620,gid=5",
    )
    os.mkdir(f"{dev}/shm")
    syscalls.mount("tmpfs", f"{dev}/shm", "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "mode=1777")
    for name, target in (
        ("ptmx", "pts/ptmx"),
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ):
        os.symlink(target, f"{dev}/{name}")


def main() -> None:
    name, separator, *argv = sys.argv[1:]
    if separator != "--" or not argv:
        sys.exit("usage: host_root.py HOST -- COMMAND …")
    environment = dict(PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME="/root", LANG="C.UTF-8")
    syscalls.unshare(syscalls.CLONE_NEWNS)
    assemble(str(paths.host_folder(name)))
    try:
        os.execvpe(argv[0], argv, environment)
    except OSError as error:
        print(f"{argv[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


if __name__ == "__main__":
    main()
