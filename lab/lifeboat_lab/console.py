"""A guest's console log on one host: its ticks, and the loose ends that a migration leaves in the middle of a line."""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

_TICK = re.compile(rb"tick (\d+)\n")
_BOOT = re.compile(rb"witness (\S+) (\S+) boot (\S+) disks (.*)\n")


@dataclass(frozen=True)
class Ticks:
    """The counters in the order printed, what each boot found on its disks, and whatever is no whole line of these."""

    counters: List[int]
    found_at_boot: List[int]
    loose: List[bytes]


class Console:
    def __init__(self, path: Path):
        self.path = path

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def ticks(self) -> Ticks:
        content = self.path.read_bytes() if self.path.exists() else b""
        counters = [int(found[1]) for found in _TICK.finditer(content)]
        boots = [int(number) for found in _BOOT.finditer(content) for number in re.findall(rb"vd[a-z]=(\d+)", found[4])]
        rest = _BOOT.sub(b"\n", _TICK.sub(b"\n", content))
        return Ticks(counters, boots, [piece for piece in rest.split(b"\n") if piece])

    def last(self) -> Optional[int]:
        """The last counter printed here; None when there is none."""
        if not self.path.exists():
            return None
        with open(self.path, "rb") as file:
            file.seek(max(0, self.size() - 65536))
            found = _TICK.findall(file.read())
        return int(found[-1]) if found else self._last_of_all()

    def wait_for(self, pattern: bytes, position: int, seconds: float) -> Optional[bytes]:
        """The first line that matches after `position`, without its end; None when it does not come in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.path.exists():
                with open(self.path, "rb") as file:
                    file.seek(position)
                    found = re.search(pattern, file.read(), re.M)
                if found:
                    return found[0].rstrip()
            time.sleep(0.02)
        return None

    def _last_of_all(self) -> Optional[int]:
        counters = self.ticks().counters
        return counters[-1] if counters else None
