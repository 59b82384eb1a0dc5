"""Reads blocks of a disk image without mounting it, also while a VM has it open, and out of NBD exports.

An image is opened read-only and shared, among the files of the host it lies on, so that a backing file is found by the
path that the host knows it by.
"""

import os
import re
import select
import subprocess
import time
from typing import List, Optional

from . import children, guest_disk, paths
from .guest_disk import Witness
from .inside import host_argv, host_files_argv, host_pid
from .shape import Host

READ_SECONDS = 20.0
# A guest may be writing the block at the moment it is read.
ATTEMPTS = 5
_LINE = re.compile(rb"^(?:qemu-io> )*[0-9a-f]+: +((?:[0-9a-f]{2} )+)", re.M)
_DONE = re.compile(rb"read \d+/\d+ bytes")


def witness(host: Optional[Host], image: str) -> Witness:
    """The witness of the copy at `image`, a path on the host or an NBD URI (on this machine without a host).

    Raises ValueError with the reason when it holds none.
    """
    for attempt in range(1, ATTEMPTS + 1):
        reader = _Reader(_argv(host, image))
        try:
            return guest_disk.read_witness(reader.read)
        except ValueError as error:
            if "torn" not in str(error) or attempt == ATTEMPTS:
                raise
        finally:
            reader.close()
    raise AssertionError("the last attempt answers or raises")


def is_uri(image: str) -> bool:
    return re.match(r"nbd(s|\+unix|s\+unix)?:", image) is not None


def _argv(host: Optional[Host], image: str) -> List[str]:
    asked = ["qemu-io", "--read-only", *([] if is_uri(image) else ["--force-share"]), image]
    if host is None:
        return asked
    if is_uri(image):
        return host_argv(host, asked)
    if not os.path.lexists(paths.in_host_folder(host.name, image)):
        raise ValueError(f"{host.name} has no file {image}")
    # The mounts of a host that is on are there already; those of one that is off are made for this one command.
    return host_argv(host, asked, "m") if host_pid(host.name) is not None else host_files_argv(host, asked)


class _Reader:
    """One qemu-io, asked block by block, since where the second block lies is read from the first."""

    def __init__(self, argv: List[str]):
        self._process = children.start(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def read(self, offset: int, length: int) -> bytes:
        said = self._ask(f"read -v {offset} {length}\n".encode())
        content = b"".join(bytes.fromhex(found.decode()) for found in _LINE.findall(said))
        if len(content) != length:
            reason = said.decode(errors="replace").replace("qemu-io> ", "").strip().splitlines()
            raise ValueError(f"cannot be read: {reason[0] if reason else 'qemu-io said nothing'}")
        return content

    def _ask(self, words: bytes) -> bytes:
        try:
            self._process.stdin.write(words)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it could not open the image, and says so
        said, deadline = b"", time.monotonic() + READ_SECONDS
        while not _DONE.search(said) and b"failed" not in said:
            if not select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise ValueError(f"cannot be read within {READ_SECONDS:g} s")
            piece = os.read(self._process.stdout.fileno(), 65536)
            if not piece:
                break
            said += piece
        return said

    def close(self) -> None:
        self._process.kill()
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()
