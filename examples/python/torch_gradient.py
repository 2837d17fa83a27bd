"""The exact gradient with PyTorch: the loss as a user writes it, and autograd. Time O(n^2 d), memory O(n^2).

    npx attgrad gradient problem.npz --command "python3 examples/python/torch_gradient.py"

What most people would run. It keeps n x n matrices, so that large n end as out-of-memory.
"""

import json
import os
import sys

try:
    import torch
    from exchange import answer
except ImportError as error:
    print(json.dumps({"skipped": f"needs PyTorch and NumPy: {error}"}))
    sys.exit()

torch.set_num_threads(int(os.environ.get("ATTGRAD_THREADS", "1")))


def tensors(problem):
    scale = problem["scale"]
    matrices = {name: torch.from_numpy(problem[name]) for name in ("A1", "A2", "A3", "E", "X", "Y")}
    matrices["X"].requires_grad_()
    return {**matrices, "scale": scale}


def gradient_and_loss(problem):
    A1, A2, A3, E, X, Y = (problem[name] for name in ("A1", "A2", "A3", "E", "X", "Y"))
    attention = torch.softmax(problem["scale"] * (A1 @ X @ A2.T), dim=1)
    loss = 0.5 * (attention @ (A3 @ Y) - E).square().sum()
    (gradient,) = torch.autograd.grad(loss, X)
    return gradient.numpy(), loss.item()


if __name__ == "__main__":
    answer(gradient_and_loss, tensors)
