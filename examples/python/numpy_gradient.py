"""The exact gradient with NumPy, in blocks of rows: time O(n^2 d), memory O(n (block + d)).

    npx attgrad gradient problem.npz --command "python3 examples/python/numpy_gradient.py"

L(X) = 1/2 |softmax(scale A1 X A2^T) A3 Y - E|^2. With f the softmax, h = A3 Y and c = f h - E, the gradient is
scale A1^T p A2 where p = f * (q - r), q = c h^T, and r holds the sum of each row of f * q, which is that of c * (f h).
The letters are the paper's.
"""

import json
import sys

try:
    import numpy as np
    from exchange import answer
except ImportError as error:
    print(json.dumps({"skipped": f"needs NumPy: {error}"}))
    sys.exit()

# Entries of a block of scores: two such arrays in double precision fit a second-level cache of 1 MiB.
BLOCK_ENTRIES = 2**16


def gradient_and_loss(problem):
    A1, A2, A3, E, X, Y, scale = (problem[name] for name in ("A1", "A2", "A3", "E", "X", "Y", "scale"))
    n, d = A1.shape
    queries = (A1 @ X) * A1.dtype.type(scale)
    keys_t = np.ascontiguousarray(A2.T)
    h = A3 @ Y
    h_t = np.ascontiguousarray(h.T)
    rows = max(1, BLOCK_ENTRIES // n)
    f_block = np.empty((min(rows, n), n), A1.dtype)
    q_block = np.empty_like(f_block)
    gradient = np.zeros((d, d))
    loss = 0.0
    for start in range(0, n, rows):
        block = slice(start, min(start + rows, n))
        f = np.matmul(queries[block], keys_t, out=f_block[: block.stop - start])
        f -= f.max(axis=1, keepdims=True)
        np.exp(f, out=f)
        f *= 1 / f.sum(axis=1, keepdims=True)
        fh = f @ h
        c = fh - E[block]
        p = np.matmul(c, h_t, out=q_block[: block.stop - start])
        p -= (c * fh).sum(axis=1, keepdims=True)
        p *= f
        gradient += A1[block].T @ (p @ A2)
        loss += 0.5 * float(np.square(c, dtype=np.float64).sum())
    return scale * gradient, loss


if __name__ == "__main__":
    answer(gradient_and_loss)
