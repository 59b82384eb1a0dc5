"""The command line: finds the commands of every module and turns errors into sentences."""

import argparse
import importlib
import subprocess
import sys
from typing import Callable, List, Optional

from .errors import LabError, UsageError

EXIT_FAILED = 1
EXIT_USAGE = 64

# Each of these has `register(subparsers)`, which adds its commands by `command()`.
MODULES = (
    "up",
    "down",
    "status",
    "power",
    "links",
    "execution",
    "logs",
    "cpu",
    "leftovers",
    "image",
    "guests",
    "witness",
    "auditor",
    "fence",
)


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:
        raise UsageError(f"{self.prog}: {message} (see {self.prog} --help)")


def command(
    subparsers: argparse._SubParsersAction,
    name: str,
    run: Callable[[argparse.Namespace], Optional[int]],
    summary: str,
    description: str,
    examples: List[str],
    data: bool = False,
) -> argparse.ArgumentParser:
    """Adds one command; `run` answers its exit code (None means 0). `data` adds `-o json`."""
    parser = subparsers.add_parser(
        name,
        help=summary,
        description=description,
        epilog="examples:\n" + "\n".join(f"  {example}" for example in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    if data:
        parser.add_argument(
            "-o", "--output", choices=("text", "json"), default="text", help="how data is printed (default: text)"
        )
    return parser


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="lab/lab",
        description="Two sites of real libvirt hosts on one Linux machine. Run it as root.",
        epilog="docs/lab.md tells more.",
    )
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for name in MODULES:
        importlib.import_module(f"{__package__}.{name}").register(subparsers)
    return parser


def say(sentence: str) -> None:
    """For the person who watches: never on standard output, which is for data."""
    print(sentence, file=sys.stderr, flush=True)


def main(arguments: List[str]) -> int:
    try:
        args = build_parser().parse_args(arguments)
        return args.run(args) or 0
    except UsageError as error:
        say(f"lab: {error}")
        return EXIT_USAGE
    except LabError as error:
        say(f"lab: {error}")
        return EXIT_FAILED
    except subprocess.CalledProcessError as error:
        shown = " ".join(str(word) for word in error.cmd)
        said = error.stderr or error.stdout or b""
        said = said.decode(errors="replace") if isinstance(said, bytes) else said
        say(f"lab: `{shown}` failed with exit code {error.returncode}: {said.strip() or 'it said nothing'}")
        return EXIT_FAILED
    except KeyboardInterrupt:
        say("lab: interrupted; `lab/lab status` shows what is up, `lab/lab down` removes it")
        return 130
    except BrokenPipeError:
        return EXIT_FAILED
