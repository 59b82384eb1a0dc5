"""`lab/lab exec`: a command inside a host."""

import argparse
import os

from .cli import command
from .errors import UsageError
from .inside import host_argv, host_files_argv
from .state import require_root, shape


def register(subparsers: argparse._SubParsersAction) -> None:
    parser = command(
        subparsers,
        "exec",
        run,
        "run a command in a host",
        "Runs a command in the host's namespaces, past its network; its exit code is the command's.\n"
        "With --files it runs on the machine, with the host's folders as its root: also while the host is off.",
        ["lab/lab exec north-1 -- virsh list", "lab/lab exec --files north-1 -- ls /var/lib/libvirt/images"],
    )
    parser.add_argument("--files", action="store_true", help="only among the host's files; the host may be off")
    parser.add_argument("host", metavar="HOST")
    parser.add_argument("argv", metavar="COMMAND", nargs=argparse.REMAINDER, help="after --")


def run(args: argparse.Namespace) -> None:
    require_root()
    argv = args.argv[1:] if args.argv[:1] == ["--"] else args.argv
    if not argv:
        raise UsageError("exec needs a command: lab/lab exec north-1 -- virsh list")
    host = shape().host(args.host)
    whole = host_files_argv(host, argv) if args.files else host_argv(host, argv)
    os.execvp(whole[0], whole)
