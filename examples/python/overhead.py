"""What a warm call from Python costs beyond its computation: `python3 examples/python/overhead.py`, after npm ci.

Milliseconds, medians of many calls of attgrad.backward:

    call      all of it
    overhead  the call less the time that the command itself tells
    copying   the same bytes to a process that only takes them, and as many back as the gradients have, in turn with the calls
    beyond    overhead less copying
"""

import statistics
import subprocess
import sys
import time

import numpy as np

import attgrad

PEER = """
import sys
taken, given = map(int, sys.argv[1:])
take, give = open(0, "rb", buffering=0), open(1, "wb", buffering=0)
memory = memoryview(bytearray(taken))
while True:
    at = 0
    while at < taken:
        count = take.readinto(memory[at:])
        if not count:
            sys.exit()
        at += count
    give.write(memory[:given])
"""


class Copying:
    """A process that takes the bytes of some arrays and gives back those of the first ones."""

    def __init__(self, arrays, given):
        self.arrays, self.given = arrays, given
        sizes = [sum(array.nbytes for array in some) for some in (arrays, given)]
        self.process = subprocess.Popen([sys.executable, "-c", PEER, *map(str, sizes)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        attgrad._widen(self.process.stdin)
        attgrad._widen(self.process.stdout)

    def milliseconds(self):
        start = time.perf_counter()
        for array in self.arrays:
            self.process.stdin.write(array.reshape(-1).view(np.uint8).data)
        self.process.stdin.flush()
        for array in self.given:
            self.process.stdout.readinto(np.empty(array.nbytes, np.uint8).data)
        return 1e3 * (time.perf_counter() - start)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def measure(shape, count):
    """Medians of the call, of its overhead and of copying alone, milliseconds."""
    arrays = np.random.default_rng(0).standard_normal((4, *shape))
    copying = Copying(arrays, arrays[:3])
    calls, overheads, copies = [], [], []
    for at in range(count + 2):
        start = time.perf_counter()
        result = attgrad.backward(*arrays, mask="causal", window=1)
        milliseconds = 1e3 * (time.perf_counter() - start)
        copied = copying.milliseconds()
        if at < 2:
            continue
        calls.append(milliseconds)
        overheads.append(milliseconds - result.info["milliseconds"])
        copies.append(copied)
    copying.close()
    return tuple(map(statistics.median, (calls, overheads, copies)))


def main():
    print(f"{'shape':>14}  {'megabytes':>9}  {'call':>8}  {'overhead':>8}  {'copying':>8}  {'beyond':>7}   milliseconds")
    for shape in ((64, 8), (4, 256, 16), (8, 1024, 64), (16, 4096, 64)):
        megabytes = 7 * 8 * np.prod(shape) / 1e6
        call, overhead, copied = measure(shape, 200 if megabytes < 5 else 15)
        print(f"{str(shape):>14}  {megabytes:9.2f}  {call:8.2f}  {overhead:8.2f}  {copied:8.2f}  {overhead - copied:7.2f}")


if __name__ == "__main__":
    main()
