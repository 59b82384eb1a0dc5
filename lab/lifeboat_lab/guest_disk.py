"""A guest's data disk: ext4 with the witness block in a place that every copy of the disk tells by itself.

The volume's label is `lab-<block>`: the number of the 4 KiB block that holds /counter. So the counter can be read from any
copy, of which nothing else is known, without mounting it and without its journal.
"""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional

from . import children, paths
from .errors import LabError

BLOCK = 4096
TEMPLATES = paths.CACHE / "disks"
# A change of what a fresh disk contains needs another version.
VERSION = 1

_SUPERBLOCK = 1024
_MAGIC = (0x38, b"\x53\xef")
_LABEL = slice(0x78, 0x88)


@dataclass(frozen=True)
class Witness:
    """What a disk's witness block says."""

    counter: int
    name: str
    uuid: str
    boot: str
    disk: str


def create(path: Path, size: int) -> None:
    """Makes a fresh qcow2 disk of `size` bytes at `path`. Its counter is 0."""
    shutil.copyfile(_template(size), path)


def read_witness(read: Callable[[int, int], bytes]) -> Witness:
    """Finds the witness by `read(offset, length)`. Raises ValueError with the reason when there is none, or half of one."""
    superblock = read(_SUPERBLOCK, 512)
    offset, magic = _MAGIC
    if superblock[offset:offset + 2] != magic:
        raise ValueError("no ext4 file system in it")
    label = superblock[_LABEL].rstrip(b"\0").decode(errors="replace")
    if not re.fullmatch(r"lab-\d+", label):
        raise ValueError(f"not a guest's disk: its label is {label!r}")
    return parse_witness(read(int(label[4:]) * BLOCK, BLOCK))


def parse_witness(block: bytes) -> Witness:
    if not block.startswith(b"lifeboat-witness\n"):
        raise ValueError("the witness block holds something else" if block.strip(b"\0") else "the witness block is empty")
    text = block.decode(errors="replace")
    head, tail = re.search(r"^counter (\d+)$", text, re.M), re.search(r"\nend (\d+)\n$", text)
    if not head or not tail or head[1] != tail[1]:
        raise ValueError(f"the witness block is torn: {head and head[1]} at its head, {tail and tail[1]} at its end")

    def field(name: str) -> str:
        found = re.search(rf"^{name} (\S+)", text, re.M)
        return found[1] if found else ""

    return Witness(int(head[1]), field("name"), field("uuid"), field("boot"), field("disk"))


def _template(size: int) -> Path:
    """An empty disk of this size, made once without root mounts and kept in the cache."""
    path = TEMPLATES / f"{size}-v{VERSION}.qcow2"
    if path.exists():
        return path
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=TEMPLATES) as folder:
        content, raw, fresh = Path(folder, "content"), Path(folder, "raw"), Path(folder, "qcow2")
        content.mkdir()
        (content / "counter").write_bytes(_first_block())
        with open(raw, "wb") as file:
            file.truncate(size)
        _run("mke2fs", "-q", "-t", "ext4", "-b", str(BLOCK), "-m", "0", "-J", "size=4", "-N", "256",
             "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard,root_owner=0:0", "-d", str(content), str(raw))
        block = _run("debugfs", "-R", "blocks /counter", str(raw)).split()[0]
        _run("e2label", str(raw), f"lab-{block}")
        _run("qemu-img", "convert", "-O", "qcow2", str(raw), str(fresh))
        os.replace(fresh, path)
    return path


def _first_block() -> bytes:
    # Full of text, because mke2fs makes a hole of a block of zeroes, and a hole has no place on the disk.
    head, tail = b"lifeboat-witness\ncounter 0\n", b"\nend 0\n"
    return head + b"." * (BLOCK - len(head) - len(tail)) + tail


def _run(*argv: str) -> str:
    done = children.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise LabError(f"a guest's disk cannot be made: {argv[0]} says {done.stderr.strip() or 'nothing'}")
    return done.stdout


def size_in_bytes(text: str) -> Optional[int]:
    """`256M`, `1G`, `1GiB` or plain bytes; None when it is no size."""
    found = re.fullmatch(r"(\d+)\s*([KMGT]?)(i?B)?", text, re.I)
    return int(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " ") if found else None
