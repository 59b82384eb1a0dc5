"""Where a host's files are kept, and what a guest may be asked for. Run it with: python3 -m unittest discover -s lab/test"""

import argparse
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lifeboat_lab import paths  # noqa: E402
from lifeboat_lab.guests import _dirty_rate  # noqa: E402


class SharedFolder(unittest.TestCase):
    def test_it_is_one_for_the_hosts_of_a_site(self):
        disk = f"{paths.SHARED_IN_HOST}/db-vda.qcow2"
        self.assertEqual(paths.in_host_folder("north-1", disk), paths.in_host_folder("north-12", disk))
        self.assertEqual(paths.in_host_folder("north-1", disk), paths.SHARED / "north" / "db-vda.qcow2")

    def test_it_ends_at_the_site(self):
        places = {paths.in_host_folder(host, paths.SHARED_IN_HOST) for host in ("north-1", "south-1", "site5-1")}
        self.assertEqual(len(places), 3)

    def test_a_folder_with_a_longer_name_is_the_hosts_own(self):
        path = f"{paths.SHARED_IN_HOST}-not/disk"
        self.assertEqual(paths.in_host_folder("north-1", path), paths.host_folder("north-1") / path[1:])


class DirtyRate(unittest.TestCase):
    def test_is_mebibytes_a_second_or_max(self):
        self.assertEqual((_dirty_rate("200MiB/s"), _dirty_rate("max")), ("200", "max"))

    def test_anything_else_is_refused_with_what_to_write(self):
        for text in ("200", "200MB/s", "0MiB/s", "fast", ""):
            with self.assertRaisesRegex(argparse.ArgumentTypeError, "200MiB/s"):
                _dirty_rate(text)


if __name__ == "__main__":
    unittest.main()
