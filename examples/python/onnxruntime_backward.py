"""dQ, dK and dV of one head of attention with ONNX Runtime: the formulas as a graph of whole matrices. Time O(n^2 d), memory O(n^2).

The letters are those of numpy_backward.py; a causal mask is added to the scores.
"""

import json
import os
import sys

try:
    import numpy as np
    import onnx.parser
    import onnxruntime
    from exchange import answer_backward
except ImportError as error:
    print(json.dumps({"skipped": f"needs ONNX Runtime, ONNX and NumPy: {error}"}))
    sys.exit()

GRAPH = """
<ir_version: 8, opset_import: ["" : 17]>
backward (T[n, d] Q, T[n, d] K, T[n, e] V, T[n, e] dO, T[n, n] mask, T[1] scale) => (T[n, d] dQ, T[n, d] dK, T[n, e] dV) {
    queries = Mul(Q, scale)
    keys_t = Transpose<perm = [1, 0]>(K)
    all_scores = MatMul(queries, keys_t)
    scores = Add(all_scores, mask)
    f = Softmax<axis = 1>(scores)
    O = MatMul(f, V)
    terms = Mul(dO, O)
    columns = Constant<value_ints = [1]>()
    r = ReduceSum<keepdims = 1>(terms, columns)
    values_t = Transpose<perm = [1, 0]>(V)
    dP = MatMul(dO, values_t)
    moved = Sub(dP, r)
    dS = Mul(f, moved)
    unscaled = MatMul(dS, K)
    dQ = Mul(unscaled, scale)
    dS_t = Transpose<perm = [1, 0]>(dS)
    dK = MatMul(dS_t, queries)
    f_t = Transpose<perm = [1, 0]>(f)
    dV = MatMul(f_t, dO)
}
"""


def prepare(layer):
    dtype = layer["Q"].dtype
    n = len(layer["Q"])
    model = onnx.parser.parse_model(GRAPH.replace("T[", f"{'double' if dtype == np.float64 else 'float'}["))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("ATTGRAD_THREADS", "1"))
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    mask = np.triu(np.full((n, n), -np.inf, dtype), 1) if layer["causal"] else np.zeros((n, n), dtype)
    feeds = {name: np.ascontiguousarray(layer[name]) for name in ("Q", "K", "V", "dO")}
    return session, {**feeds, "mask": mask, "scale": np.array([layer["scale"]], dtype)}


def gradients(prepared):
    session, feeds = prepared
    return tuple(session.run(["dQ", "dK", "dV"], feeds))


if __name__ == "__main__":
    answer_backward(gradients, prepare)
