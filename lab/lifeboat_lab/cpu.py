"""`lab/lab cpu`: a host whose CPU lacks something the others have.

The host's emulator is replaced by a wrapper that takes features away, from
what libvirt is told about the host and from every guest started there, so that
libvirt itself refuses a VM that needs one of them.
"""

import argparse

from . import capabilities, children, host_root, hosts, paths
from .cli import command, say
from .inside import host_argv, host_pid
from .shape import Host
from .state import changing, shape

# Both are offered by QEMU's own emulation as well as by any recent CPU.
TAKEN_AWAY = ("aes", "avx2")

WRAPPER = """\
#!/bin/sh
# Runs the emulator without: {features}
previous=
for argument; do
  shift
  [ "$previous" = -cpu ] && argument="$argument{off}"
  set -- "$@" "$argument"
  previous=$argument
done
exec {emulator} "$@"{globals}
"""


def register(subparsers: argparse._SubParsersAction) -> None:
    parser = command(
        subparsers,
        "cpu",
        run,
        "give a host a restricted or the full CPU",
        f"A restricted host lacks the CPU features {' and '.join(TAKEN_AWAY)}: libvirt refuses to start or to\n"
        "receive a VM there that needs them. Guests that run there already keep what they have.",
        ["lab/lab cpu south-2 restricted", "lab/lab cpu south-2 full"],
    )
    parser.add_argument("host", metavar="HOST")
    parser.add_argument("cpu", choices=("restricted", "full"))


def run(args: argparse.Namespace) -> None:
    with changing():
        host = shape().host(args.host)
        if args.cpu == "restricted":
            restrict(host)
        else:
            restore(host)
        if host_pid(host.name) is not None:
            hosts.wait_until_all_ready([host])
    say(f"{host.name} has the {args.cpu} CPU")


def restrict(host: Host) -> None:
    """Safe to call on a restricted host; in force at once if the host is on."""
    if capabilities.is_restricted(host):
        return
    path = paths.in_host_folder(host.name, host_root.RESTRICTED_EMULATOR)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        WRAPPER.format(
            features=", ".join(TAKEN_AWAY),
            off="".join(f",{feature}=off" for feature in TAKEN_AWAY),
            emulator=host_root.REAL_EMULATOR,
            globals="".join(f" -global x86_64-cpu.{feature}=off" for feature in TAKEN_AWAY),
        )
    )
    path.chmod(0o755)
    if host_pid(host.name) is not None:
        in_mounts(host, ["mount", "--bind", host_root.RESTRICTED_EMULATOR, host_root.EMULATOR])


def restore(host: Host) -> None:
    if not capabilities.is_restricted(host):
        return
    if host_pid(host.name) is not None:
        in_mounts(host, ["umount", host_root.EMULATOR])
    paths.in_host_folder(host.name, host_root.RESTRICTED_EMULATOR).unlink()


def in_mounts(host: Host, argv) -> None:
    children.run(host_argv(host, argv), check=True, capture_output=True)
