"""The lab's state on disk: its shape, and the lock that changing commands hold."""

import contextlib
import fcntl
import json
import os
from pathlib import Path
from typing import Any, Dict, Iterator, Optional

from . import children, paths
from .errors import LabError
from .shape import Shape


def write_json(path: Path, document: Any) -> None:
    """Replaces the file whole, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(json.dumps(document, indent=2) + "\n")
    os.replace(fresh, path)


def read_json(path: Path) -> Optional[Any]:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None


def shape_if_any() -> Optional[Shape]:
    document = read_json(paths.LAB_FILE)
    return None if document is None else Shape.from_json(document)


def shape() -> Shape:
    """The shape of the lab that is up. Refuses when there is none."""
    found = shape_if_any()
    if found is None:
        raise LabError(f"there is no lab in {paths.STATE}: `lab/lab up` makes one")
    return found


def require_root() -> None:
    if os.geteuid() != 0:
        raise LabError("the lab needs root, because it makes namespaces and network links: run it with sudo")


@contextlib.contextmanager
def changing(create: bool = False) -> Iterator[None]:
    """Holds the lab's lock: one changing command at a time, the others wait.

    The lock is on the state folder itself, so it leaves no file behind and is
    released when its holder has died, and whatever the holder had started.
    `down` removes the folder while holding it; who waited then finds another
    folder, or none, and starts over.
    """
    require_root()
    while True:
        if create:
            paths.STATE.mkdir(parents=True, exist_ok=True)
        try:
            folder = os.open(paths.STATE, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            raise LabError(f"there is no lab in {paths.STATE}: `lab/lab up` makes one") from None
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            try:
                same = os.path.samestat(os.fstat(folder), os.stat(paths.STATE))
            except FileNotFoundError:
                same = False
            if same:
                children.LOCKS.add(folder)
                try:
                    yield
                finally:
                    children.LOCKS.discard(folder)
                    # A command that was refused before it made anything leaves no empty folder.
                    with contextlib.suppress(OSError):
                        paths.STATE.rmdir()
                return
        finally:
            os.close(folder)


def lock_holders() -> Dict[int, str]:
    """By PID: who holds the lab's lock. A command that was killed is not among them, but what it had started is."""
    found = {}
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            for descriptor in (process / "fd").iterdir():
                if os.readlink(descriptor) != str(paths.STATE):
                    continue
                if "FLOCK" in (process / "fdinfo" / descriptor.name).read_text():
                    words = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(process.name)] = words.decode(errors="replace")
    return found
