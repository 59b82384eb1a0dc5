"""Writes an initramfs: a cpio archive in the kernel's `newc` form.

https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
"""

import os
import stat
from pathlib import Path


class Initramfs:
    """Collects files by their path in the guest. Adding the same path again replaces it; folders above it are added by themselves."""

    def __init__(self):
        self._entries = {}

    def add_folder(self, path, mode=0o755):
        path = path.strip("/")
        if path and path not in self._entries:
            self.add_folder(os.path.dirname(path))
            self._entries[path] = (stat.S_IFDIR | mode, b"")

    def add_file(self, path, content, mode=0o644):
        self.add_folder(os.path.dirname(path.strip("/")))
        self._entries[path.strip("/")] = (stat.S_IFREG | mode, content)

    def add_link(self, path, target):
        self.add_folder(os.path.dirname(path.strip("/")))
        self._entries[path.strip("/")] = (stat.S_IFLNK | 0o777, target.encode())

    def copy(self, source, path=None):
        """Copies a file of this machine, to the same path unless another is given. A symbolic link is followed."""
        file = Path(source)
        self.add_file(path or str(source), file.read_bytes(), file.stat().st_mode & 0o777)

    def content(self):
        """The archive, the same bytes for the same files."""
        parts = [
            _record(number, path, mode, content)
            for number, (path, (mode, content)) in enumerate(sorted(self._entries.items()), start=1)
        ]
        return b"".join(parts) + _record(0, "TRAILER!!!", 0, b"")


def _record(number, path, mode, content):
    name = path.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return _padded(head) + _padded(content)


def _padded(content):
    return content + b"\0" * (-len(content) % 4)
