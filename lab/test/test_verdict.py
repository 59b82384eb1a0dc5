"""What makes a VM live twice, and what does not. Run it with: python3 -m unittest discover -s lab/test"""

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lifeboat_lab.beacons import Beacon  # noqa: E402
from lifeboat_lab.verdict import BeaconVerdict, VcpuVerdict  # noqa: E402

A, B = ("north-1", 100), ("south-1", 200)
RUNS, WAITS = 5_000_000, 80_000


def double_by_vcpus(*looks):
    """`looks` are (gain of A, gain of B)."""
    verdict = VcpuVerdict()
    return any(verdict.look({A: a, B: b}) for a, b in looks)


def double_by_beacons(text):
    """`text` is `host:boot:first-last@ms …`: beacons 10 ms apart, the first at that time; heard in the order of their times."""
    heard = []
    for part in text.split():
        where, _, at = part.partition("@")
        host, boot, numbers = where.split(":")
        first, last = map(int, numbers.split("-"))
        heard += [Beacon(host, (int(at) + 10 * n) * 10**6, "u", boot, first + n, "1", "vm") for n in range(last - first + 1)]
    verdict = BeaconVerdict()
    return any(verdict.hear(beacon) for beacon in sorted(heard, key=lambda beacon: beacon.time_ns))


class Vcpus(unittest.TestCase):
    def test_two_that_gain_in_three_looks_in_a_row_are_double(self):
        self.assertTrue(double_by_vcpus((RUNS, 0), (RUNS, RUNS), (RUNS, RUNS), (RUNS, RUNS)))

    def test_a_switch_over_on_a_busy_machine_falls_into_two(self):
        self.assertFalse(double_by_vcpus((RUNS, 0), (RUNS, RUNS), (RUNS, RUNS), (0, RUNS), (0, RUNS)))

    def test_a_switch_over_falls_into_one_look(self):
        self.assertFalse(double_by_vcpus((RUNS, 0), (RUNS, RUNS), (WAITS, RUNS), (0, RUNS)))

    def test_a_source_that_is_only_wound_up_does_not_run(self):
        self.assertFalse(double_by_vcpus((RUNS, 0), (RUNS, RUNS), (WAITS, RUNS), (WAITS, RUNS)))

    def test_there_and_back_again_is_no_double(self):
        self.assertFalse(double_by_vcpus((RUNS, RUNS), (0, RUNS), (0, RUNS), (RUNS, RUNS), (RUNS, 0)))

    def test_looks_that_cannot_be_compared_count_for_nothing(self):
        verdict = VcpuVerdict()
        verdict.look({A: RUNS, B: RUNS})
        verdict.look({A: RUNS, B: RUNS})
        verdict.interrupt()
        self.assertFalse(verdict.look({A: RUNS, B: RUNS}))
        self.assertFalse(verdict.look({A: RUNS, B: RUNS}))
        self.assertTrue(verdict.look({A: RUNS, B: RUNS}))


class Beacons(unittest.TestCase):
    def test_a_move_counts_on(self):
        self.assertFalse(double_by_beacons("a:x:1-200@0 b:x:201-400@2400"))

    def test_moves_to_and_fro_count_on(self):
        self.assertFalse(double_by_beacons("a:x:1-200@0 b:x:201-250@2400 a:x:251-500@3000"))

    def test_packets_late_from_the_source_are_no_double(self):
        self.assertFalse(double_by_beacons("a:x:1-200@0 b:x:221-400@2400 a:x:201-220@2500"))

    def test_two_copies_of_one_state_are_double(self):
        self.assertTrue(double_by_beacons("a:x:1-400@0 b:x:201-400@2005"))

    def test_a_copy_that_lags_behind_is_double(self):
        self.assertTrue(double_by_beacons("a:x:1-900@0 b:x:201-400@6005"))

    def test_a_source_that_wakes_up_after_the_move_is_double(self):
        self.assertTrue(double_by_beacons("a:x:1-200@0 b:x:201-800@2400 a:x:201-300@6005"))

    def test_a_source_that_wakes_up_is_double_though_the_link_swallowed_the_first_of_the_target(self):
        self.assertTrue(double_by_beacons("a:x:1-200@0 b:x:401-900@4400 a:x:201-260@6005"))

    def test_a_restart_elsewhere_is_no_double(self):
        self.assertFalse(double_by_beacons("a:x:1-200@0 b:y:1-400@3500"))

    def test_a_restart_elsewhere_while_the_first_runs_on_is_double(self):
        self.assertTrue(double_by_beacons("a:x:1-900@0 b:y:1-400@3500"))

    def test_a_restart_on_the_same_host_is_no_double(self):
        self.assertFalse(double_by_beacons("a:x:1-200@0 a:y:1-400@3500"))

    def test_a_failover_and_back_by_restarts_is_no_double(self):
        self.assertFalse(double_by_beacons("a:x:1-200@0 b:y:1-200@3500 a:z:1-200@7000"))


if __name__ == "__main__":
    unittest.main()
