"""dQ, dK and dV of one head of attention with NumPy, in blocks of rows: time O(n^2 d), memory O(n (block + d)).

With f the softmax of scale Q K^T over the visible keys, O = f V and r_j = <dO_j, O_j>:
dS = f * (dO V^T - r), dQ = scale dS K, dK = scale dS^T Q, dV = f^T dO. A causal block sees the keys up to its last row only.
"""

import json
import sys

try:
    import numpy as np
    from exchange import answer_backward
except ImportError as error:
    print(json.dumps({"skipped": f"needs NumPy: {error}"}))
    sys.exit()

# Entries of a block of scores: two such arrays in double precision fit a second-level cache of 1 MiB.
BLOCK_ENTRIES = 2**16


def gradients(layer):
    Q, K, V, dO, scale, causal = (layer[name] for name in ("Q", "K", "V", "dO", "scale", "causal"))
    n = len(Q)
    queries = Q * Q.dtype.type(scale)
    dQ, dK, dV = np.empty_like(Q), np.zeros_like(K), np.zeros_like(V)
    rows = max(1, BLOCK_ENTRIES // n)
    for start in range(0, n, rows):
        stop = min(start + rows, n)
        seen = stop if causal else n
        f = queries[start:stop] @ K[:seen].T
        if causal:
            f[np.arange(seen) > np.arange(start, stop)[:, None]] = -np.inf
        f -= f.max(axis=1, keepdims=True)
        np.exp(f, out=f)
        f *= 1 / f.sum(axis=1, keepdims=True)
        upstream = dO[start:stop]
        dS = upstream @ V[:seen].T
        dS -= (upstream * (f @ V[:seen])).sum(axis=1, keepdims=True)
        dS *= f
        dQ[start:stop] = dS @ K[:seen]
        dK[:seen] += dS.T @ queries[start:stop]
        dV[:seen] += f.T @ upstream
    dQ *= Q.dtype.type(scale)
    return dQ, dK, dV


if __name__ == "__main__":
    answer_backward(gradients)
