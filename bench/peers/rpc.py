"""libvirt-python at its fastest: one process, one connection, a tight loop.

Each line of stdin is a number of calls; the answer is the nanoseconds that they took. Nothing else is done in between.
"""

import sys
import time

import libvirt


def main():
    connection = libvirt.open(sys.argv[1])
    print("ready", flush=True)
    for line in sys.stdin:
        call = connection.getLibVersion
        count = range(int(line))
        start = time.perf_counter_ns()
        for _ in count:
            call()
        print(time.perf_counter_ns() - start, flush=True)
    connection.close()


main()
