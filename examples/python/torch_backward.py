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


def attention(Q, K, V, causal, scale):
    """The output; by its formula where PyTorch is older than 2.1, which has no scale of its own."""
    try:
        return torch.nn.functional.scaled_dot_product_attention(Q, K, V, is_causal=causal, scale=scale)
    except (AttributeError, TypeError):
        scores = scale * Q @ K.transpose(-1, -2)
        if causal:
            scores = scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1), -torch.inf)
        return scores.softmax(-1) @ V


def tensors(layer):
    # axes for batch and heads, which its fast kernels want
    made = {name: torch.from_numpy(layer[name])[None, None] for name in ("Q", "K", "V", "dO")}
    for name in ("Q", "K", "V"):
        made[name].requires_grad_()
    return {**made, "scale": layer["scale"], "causal": layer["causal"]}


def gradients(layer):
    Q, K, V, dO = (layer[name] for name in ("Q", "K", "V", "dO"))
    O = attention(Q, K, V, layer["causal"], layer["scale"])
    return tuple(gradient[0, 0].numpy() for gradient in torch.autograd.grad(O, (Q, K, V), dO))


if __name__ == "__main__":
    answer_backward(gradients, tensors)
