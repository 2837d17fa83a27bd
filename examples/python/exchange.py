"""The exchange between attgrad and a command, for Python with NumPy (docs/extending.md).

attgrad calls `python3 mine.py PROBLEM.npz GRADIENT.npy`. `answer` reads the problem, calls the function it is given again
and again for the time that attgrad allows, writes the gradient, and prints the line of JSON with its own times.
"""

import json
import os
import sys
import time

import numpy as np

# Longest first run, milliseconds, that may be mostly loading: PyTorch's autograd takes 300. attgrad times its own runs by the same rule.
LONGEST_LOADING = 1000


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
    times, (gradient, loss) = _repeated(gradient_and_loss, prepare(read_problem(problem_path)))
    np.save(gradient_path, gradient)
    print(json.dumps({"milliseconds": times, "loss": float(loss)}))


def answer_backward(gradients, prepare=lambda layer: layer):
    """Measures `gradients(layer)`, which gives dQ, dK and dV of one head: attgrad calls `python3 mine.py LAYER.npz FOLDER`.

    A layer has Q, K, V, dO, scale, and `causal`, whether the mask is causal (the variable ATTGRAD_MASK).
    """
    layer_path, folder = sys.argv[1:3]
    with np.load(layer_path) as file:
        layer = {name: file[name] for name in ("Q", "K", "V", "dO")}
        layer.update(scale=float(file["scale"]), causal=os.environ.get("ATTGRAD_MASK") == "causal")
    times, made = _repeated(gradients, prepare(layer))
    for name, gradient in zip(("dQ", "dK", "dV"), made):
        np.save(os.path.join(folder, f"{name}.npy"), gradient)
    print(json.dumps({"milliseconds": times}))


def skip(reason):
    """Tells attgrad that this program cannot run here, and why, and ends."""
    print(json.dumps({"skipped": str(reason)}))
    sys.exit()


def _repeated(run, problem):
    """Times of the runs that count, for as long as attgrad allows, and the last result: the rule of docs/csv.md."""
    budget = float(os.environ.get("ATTGRAD_BUDGET_MS", "0"))
    first, result = _timed(run, problem)
    if 0 < budget < first <= LONGEST_LOADING:
        first, result = _timed(run, problem)
    times = [first]
    if 0 < budget and first <= budget:
        # That run warmed up caches and threads: it does not count.
        times = []
        while sum(times) < budget or len(times) < 3:
            milliseconds, result = _timed(run, problem)
            times.append(milliseconds)
    return times, result


def _timed(run, problem):
    start = time.perf_counter()
    result = run(problem)
    return 1e3 * (time.perf_counter() - start), result
