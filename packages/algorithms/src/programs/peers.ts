import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type AnyGradientAlgorithm, defineAlgorithm } from "@attgrad/attention-problem";
import { z } from "zod";
import { byCommand } from "./by-command.ts";
import { pythonWith } from "./python.ts";

const examples = new URL("../../../../examples/python/", import.meta.url);

/**
 * The exact gradient in other software, to measure beside ours: each is one of the examples, `skipped` where the machine does
 * not have what it needs.
 */
export const peers: readonly AnyGradientAlgorithm[] = [
	pythonPeer("numpy", "exact, NumPy in blocks of rows (examples/python/numpy_gradient.py)", "numpy_gradient.py", [
		"numpy",
	]),
	pythonPeer("torch", "exact, PyTorch by autograd (examples/python/torch_gradient.py)", "torch_gradient.py", [
		"numpy",
		"torch",
	]),
	pythonPeer(
		"onnxruntime",
		"exact, ONNX Runtime by the closed form (examples/python/onnxruntime_gradient.py)",
		"onnxruntime_gradient.py",
		["numpy", "onnx", "onnxruntime"],
	),
];

function pythonPeer(name: string, summary: string, file: string, modules: readonly string[]): AnyGradientAlgorithm {
	const path = (name: string) => fileURLToPath(new URL(name, examples));
	const computed = byCommand(() => ({
		command: `${pythonWith(...modules)} '${path(file).replaceAll("'", "'\\''")}'`,
	}));
	return defineAlgorithm({
		name,
		summary,
		exact: true,
		version: contentVersion([file, "exchange.py"].map(path)),
		options: z.strictObject({}),
		...computed,
		supports: () =>
			existsSync(path(file)) ? computed.supports() : { reason: `examples/python/${file} is not installed` },
	});
}

/** A version that changes when a file does: 48 bits of a hash, a whole number that JSON holds exactly. */
export function contentVersion(paths: readonly string[]): number {
	const hash = createHash("sha256");
	for (const path of paths) if (existsSync(path)) hash.update(readFileSync(path));
	return hash.digest().readUIntBE(0, 6);
}
