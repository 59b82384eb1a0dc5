"""libvirt-python at its fastest: one process, one connection, a tight loop.

Each line of stdin is two numbers: calls to warm up with, and calls to time. The answer is the nanoseconds that the latter
took. Nothing else is done in between.
"""

import sys
import time

import libvirt


def main():
    connection = libvirt.open(sys.argv[1])
    print("ready", flush=True)
    for line in sys.stdin:
        call = connection.getLibVersion
        warm_up, count = (range(int(word)) for word in line.split())
        for _ in warm_up:
            call()
        start = time.perf_counter_ns()
        for _ in count:
            call()
        print(time.perf_counter_ns() - start, flush=True)
    connection.close()


main()
