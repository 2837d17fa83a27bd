"""The exact gradient with ONNX Runtime: its closed form as a graph of whole matrices. Time O(n^2 d), memory O(n^2).

    npx attgrad gradient problem.npz --command "python3 examples/python/onnxruntime_gradient.py"

L(X) = 1/2 |softmax(scale A1 X A2^T) A3 Y - E|^2, and with the letters of numpy_gradient.py the gradient is
scale A1^T p A2, p = f * (c h^T - r).
"""

import json
import os
import sys

try:
    import numpy as np
    import onnx.parser
    import onnxruntime
    from exchange import answer
except ImportError as error:
    print(json.dumps({"skipped": f"needs ONNX Runtime, ONNX and NumPy: {error}"}))
    sys.exit()

MATRICES = ("A1", "A2", "A3", "E", "X", "Y")

GRAPH = """
<ir_version: 8, opset_import: ["" : 17]>
gradient (T[n, d] A1, T[n, d] A2, T[n, d] A3, T[n, d] E, T[d, d] X, T[d, d] Y, T[1] scale) => (T[d, d] gradient, T[n, d] c) {
    queries = MatMul(A1, X)
    scaled = Mul(queries, scale)
    keys_t = Transpose<perm = [1, 0]>(A2)
    scores = MatMul(scaled, keys_t)
    f = Softmax<axis = 1>(scores)
    h = MatMul(A3, Y)
    fh = MatMul(f, h)
    c = Sub(fh, E)
    terms = Mul(c, fh)
    columns = Constant<value_ints = [1]>()
    r = ReduceSum<keepdims = 1>(terms, columns)
    h_t = Transpose<perm = [1, 0]>(h)
    q = MatMul(c, h_t)
    moved = Sub(q, r)
    p = Mul(f, moved)
    weighted = MatMul(p, A2)
    inputs_t = Transpose<perm = [1, 0]>(A1)
    product = MatMul(inputs_t, weighted)
    gradient = Mul(product, scale)
}
"""


def prepare(problem):
    dtype = problem["A1"].dtype
    model = onnx.parser.parse_model(GRAPH.replace("T[", f"{'double' if dtype == np.float64 else 'float'}["))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("ATTGRAD_THREADS", "1"))
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    feeds = {name: np.ascontiguousarray(problem[name]) for name in MATRICES}
    return session, {**feeds, "scale": np.array([problem["scale"]], dtype)}


def gradient_and_loss(prepared):
    session, feeds = prepared
    gradient, c = session.run(["gradient", "c"], feeds)
    return gradient, 0.5 * float(np.square(c, dtype=np.float64).sum())


if __name__ == "__main__":
    answer(gradient_and_loss, prepare)
