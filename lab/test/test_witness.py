"""What the consoles and disks of a guest prove. Run it with: python3 -m unittest discover -s lab/test"""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lifeboat_lab.console import Console  # noqa: E402
from lifeboat_lab.guest_disk import BLOCK, parse_witness  # noqa: E402
from lifeboat_lab.witness import check  # noqa: E402

BOOT = "witness web 1234 boot abcd disks vda={} vdb={}\n"


def lines(first, last):
    return "".join(f"tick {counter}\n" for counter in range(first, last + 1))


def checked(*logs):
    with tempfile.TemporaryDirectory() as folder:
        consoles = []
        for number, log in enumerate(logs):
            path = Path(folder, str(number))
            path.write_text(log)
            consoles.append(Console(path))
        return check([console.ticks() for console in consoles])


def block(head, tail):
    content = f"lifeboat-witness\ncounter {head}\nname web\nuuid 1234\nboot abcd\ndisk vda web-vda\n".encode()
    end = f"\nend {tail}\n".encode()
    return content + b"." * (BLOCK - len(content) - len(end)) + end


class Consoles(unittest.TestCase):
    def test_a_move_without_loss_is_complete(self):
        self.assertTrue(checked(BOOT.format(0, 0) + lines(1, 50), lines(51, 90))["complete"])

    def test_a_lost_number_is_missing(self):
        found = checked(lines(1, 50), lines(52, 90))
        self.assertEqual((found["missing"], found["complete"]), ([51], False))

    def test_numbers_counted_again_after_a_loss_came_twice(self):
        self.assertEqual(checked(lines(1, 50), BOOT.format(47, 47) + lines(48, 90))["twice"], [48, 49, 50])

    def test_a_line_cut_in_two_by_a_move_is_joined(self):
        for at in range(1, len("tick 51\n")):
            line = "tick 51\n"
            found = checked(lines(1, 50) + line[:at], line[at:] + lines(52, 90))
            self.assertTrue(found["complete"], at)

    def test_the_end_of_a_cut_line_does_not_spoil_what_follows_after_a_return(self):
        found = checked(lines(1, 50) + "tick 5" + lines(91, 99), "1\n" + lines(52, 90))
        self.assertEqual((found["joined"], found["complete"]), ([51], True))

    def test_a_number_that_a_power_cut_kept_from_the_console_is_no_gap(self):
        found = checked(lines(1, 50), BOOT.format(51, 50) + lines(52, 90))
        self.assertEqual((found["unprinted_at_power_cut"], found["complete"]), ([51], True))

    def test_nothing_printed_is_not_complete(self):
        self.assertFalse(checked("", "")["complete"])


class Disks(unittest.TestCase):
    def test_a_whole_block_tells_its_counter(self):
        self.assertEqual(parse_witness(block(7, 7)).counter, 7)

    def test_a_torn_block_is_refused(self):
        with self.assertRaisesRegex(ValueError, "torn: 8 at its head, 7 at its end"):
            parse_witness(block(8, 7))

    def test_an_empty_block_is_refused(self):
        with self.assertRaisesRegex(ValueError, "empty"):
            parse_witness(bytes(BLOCK))


if __name__ == "__main__":
    unittest.main()
