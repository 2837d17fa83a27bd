"""dQ, dK and dV of one head of attention with PyTorch: scaled_dot_product_attention and autograd, as most people would run it."""

import json
import os
import sys

try:
    import torch
    from exchange import answer_backward
except ImportError as error:
    print(json.dumps({"skipped": f"needs PyTorch and NumPy: {error}"}))
    sys.exit()

torch.set_num_threads(int(os.environ.get("ATTGRAD_THREADS", "1")))


def tensors(layer):
    # axes for batch and heads, which its fast kernels want
    made = {name: torch.from_numpy(layer[name])[None, None] for name in ("Q", "K", "V", "dO")}
    for name in ("Q", "K", "V"):
        made[name].requires_grad_()
    return {**made, "scale": layer["scale"], "causal": layer["causal"]}


def gradients(layer):
    Q, K, V, dO = (layer[name] for name in ("Q", "K", "V", "dO"))
    O = torch.nn.functional.scaled_dot_product_attention(Q, K, V, is_causal=layer["causal"], scale=layer["scale"])
    return tuple(gradient[0, 0].numpy() for gradient in torch.autograd.grad(O, (Q, K, V), dO))


if __name__ == "__main__":
    answer_backward(gradients, tensors)
