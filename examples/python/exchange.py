"""The exchange between attgrad and a command, for Python with NumPy (docs/extending.md).

attgrad calls `python3 mine.py PROBLEM.npz GRADIENT.npy`. `answer` reads the problem, calls the function it is given again
and again for the time that attgrad allows, writes the gradient, and prints the line of JSON with its own times.
"""

import json
import os
import sys
import time

import numpy as np


def read_problem(path):
    """A1, A2, A3, E (n x d), X, Y (d x d) and scale, which is 1/d where the file has none."""
    with np.load(path) as file:
        problem = {name: file[name] for name in ("A1", "A2", "A3", "E", "X", "Y")}
        scale = float(file["scale"]) if "scale" in file else 1 / problem["X"].shape[0]
    return {**problem, "scale": scale}


def answer(gradient_and_loss, prepare=lambda problem: problem):
    """Measures `gradient_and_loss(problem)`, which gives dL/dX as a d x d array and L(X).

    `prepare` turns the problem into what the function takes (tensors, another layout); its time is not counted.
    """
    problem_path, gradient_path = sys.argv[1:3]
    problem = prepare(read_problem(problem_path))
    budget = float(os.environ.get("ATTGRAD_BUDGET_MS", "0"))
    first, (gradient, loss) = _timed(gradient_and_loss, problem)
    times = [first]
    if first < budget:
        # The first run warmed up caches and threads: it does not count.
        times = []
        while sum(times) < budget or len(times) < 3:
            milliseconds, (gradient, loss) = _timed(gradient_and_loss, problem)
            times.append(milliseconds)
    np.save(gradient_path, gradient)
    print(json.dumps({"milliseconds": times, "loss": float(loss)}))


def skip(reason):
    """Tells attgrad that this program cannot run here, and why, and ends."""
    print(json.dumps({"skipped": str(reason)}))
    sys.exit()


def _timed(run, problem):
    start = time.perf_counter()
    result = run(problem)
    return 1e3 * (time.perf_counter() - start), result
