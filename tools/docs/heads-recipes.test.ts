import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openOperands } from "@attgrad/attention-problem";
import { expect, test } from "vitest";

const recipes = Array.from(
	readFileSync(fileURLToPath(new URL("../../docs/heads.md", import.meta.url)), "utf8").matchAll(
		/^```python\n(.*?)^```/gms,
	),
	([, code]) => code,
);

/** As much of PyTorch and transformers as the recipes use, on NumPy: a model of two layers that attends in both. */
const standIns = `
import sys, types, contextlib
import numpy as np

class Tensor:
    def __init__(self, a): self.a, self.shape = a, a.shape
    detach = float = cpu = lambda self: self
    def numpy(self): return self.a

def module(name, **named):
    made = types.ModuleType(name)
    made.__dict__.update(named)
    sys.modules[name] = made
    return made

random = np.random.default_rng(1)
tensor = lambda *shape: Tensor(random.normal(size=shape).astype(np.float32))
functional = types.SimpleNamespace(scaled_dot_product_attention=lambda q, k, v, **named: q)
module("torch.nn", functional=functional)
module("torch", no_grad=contextlib.nullcontext, nn=sys.modules["torch.nn"])
known = {}

class Model:
    def __init__(self, attend): self.attend = attend
    def eval(self): return self
    def __call__(self, *rest, **named):
        for _ in range(2): self.attend()

grouped = lambda name: known[name](None, tensor(1, 6, 10, 4), tensor(1, 2, 10, 4), tensor(1, 2, 10, 4), None, dropout=0.0, scaling=0.25)
module("transformers",
    AttentionInterface=types.SimpleNamespace(register=known.__setitem__),
    AutoTokenizer=types.SimpleNamespace(from_pretrained=lambda name: lambda text, return_tensors: {"input_ids": text}),
    AutoModelForCausalLM=types.SimpleNamespace(from_pretrained=lambda name, attn_implementation: Model(lambda: grouped(attn_implementation))))
module("transformers.integrations")
module("transformers.integrations.sdpa_attention", sdpa_attention_forward=lambda *rest, **named: None)
nanogpt = Model(lambda: functional.scaled_dot_product_attention(tensor(1, 3, 10, 4), tensor(1, 3, 10, 4), tensor(1, 3, 10, 4), attn_mask=None, dropout_p=0, is_causal=True))
`;

const withNumpy = ["python3", "/usr/bin/python3"].find((python) => {
	try {
		execFileSync(python, ["-c", "import numpy"], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
});

test("docs/heads.md has a recipe for Hugging Face and one for nanoGPT", () => {
	expect(recipes).toHaveLength(2);
});

test.skipIf(withNumpy === undefined).each([
	["Hugging Face", 0, 'export("model", "text", FOLDER)', { heads: 6, keyHeads: 2, scale: 0.25 }],
	["nanoGPT", 1, "export(nanogpt, None, FOLDER)", { heads: 3, keyHeads: 3, scale: 0.5 }],
])("the recipe for %s writes files that the reader takes", async (_, at, call, expected) => {
	const folder = mkdtempSync(join(tmpdir(), "attgrad-recipe-"));
	try {
		const script = join(folder, "recipe.py");
		const place = `FOLDER = ${JSON.stringify(folder)}\n`;
		writeFileSync(script, `${standIns}${place}${recipes[at]}\n${call}\n`);
		execFileSync(withNumpy as string, [script]);
		for (const layer of ["layer0", "layer1"]) {
			const { operands, close } = await openOperands(join(folder, `${layer}.npz`));
			expect(operands).toMatchObject({ ...expected, n_q: 10, n_k: 10, d: 4, d_v: 4 });
			close();
		}
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});
