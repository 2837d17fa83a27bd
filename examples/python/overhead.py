"""What a warm call from Python costs beyond its computation: `python3 examples/python/overhead.py`, after npm ci.

The time of a call of attgrad.backward less the time that the command itself tells, in milliseconds: the median of many calls, and beside it
the time in which `cat` takes and gives back as many bytes, which is copying alone.
"""

import statistics
import subprocess
import threading
import time

import numpy as np

import attgrad

COUNT = 200


def copying(count):
    """Median milliseconds in which another process takes so many bytes and gives them back."""
    times = []
    bytes_sent = np.zeros(count, np.uint8)
    for _ in range(20):
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            start = time.perf_counter()
            writer = threading.Thread(target=lambda: (process.stdin.write(bytes_sent.data), process.stdin.close()))
            writer.start()
            target = bytearray(bytes_sent.nbytes)
            process.stdout.readinto(target)
            writer.join()
            times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def main():
    print(f"{'shape':>16}  {'megabytes':>9}  {'call':>8}  {'overhead':>8}  {'copying':>8}   milliseconds")
    random = np.random.default_rng(0)
    for shape in ((64, 8), (4, 256, 16), (8, 1024, 64), (16, 4096, 64)):
        window = {"mask": "causal", "window": 1}
        Q, K, V, dO = random.standard_normal((4, *shape))
        calls, overheads = [], []
        for _ in range(COUNT if Q.nbytes < 1e6 else 10):
            start = time.perf_counter()
            result = attgrad.backward(Q, K, V, dO, **window)
            calls.append(1e3 * (time.perf_counter() - start))
            overheads.append(calls[-1] - result.info["milliseconds"])
        moved = copying(4 * Q.nbytes)
        call, overhead = statistics.median(calls), statistics.median(overheads)
        print(f"{str(shape):>16}  {7 * Q.nbytes / 1e6:9.2f}  {call:8.2f}  {overhead:8.2f}  {moved:8.2f}")


if __name__ == "__main__":
    main()
