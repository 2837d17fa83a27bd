import { type AttentionProblem, defineAlgorithm, inMemory, matrixNames } from "@attgrad/attention-problem";
import { Matrix } from "@attgrad/matrix-core";
import { z } from "zod";
import { installed, load } from "./optional.ts";

const name = "@jax-js/jax";

/** The part of a jax-js array that is used. An operation consumes its operands unless `ref` adds a use. */
interface Numbers {
	readonly ref: Numbers;
	mul(other: number): Numbers;
	sub(other: Numbers): Numbers;
	sum(): Numbers;
	dataSync(): Float64Array | Float32Array;
}

interface Library {
	init(device: string): Promise<unknown>;
	readonly numpy: {
		array(numbers: Float64Array | Float32Array, how: { shape: number[]; dtype: string }): Numbers;
		matmul(a: Numbers, b: Numbers): Numbers;
		transpose(a: Numbers): Numbers;
		square(a: Numbers): Numbers;
	};
	readonly nn: { softmax(scores: Numbers, axis: number): Numbers };
	jit<F>(f: F): F;
	valueAndGrad(loss: (X: Numbers, given: Given) => Numbers): (X: Numbers, given: Given) => [Numbers, Numbers];
}

type Given = Record<"A1" | "A2" | "A3" | "E" | "Y", Numbers>;

let compiled: { scale: number; run: (X: Numbers, given: Given) => [Numbers, Numbers] } | undefined;

/** Loss and gradient, compiled once for each scale. */
function compile({ jit, valueAndGrad, numpy: np, nn }: Library, scale: number) {
	if (compiled?.scale === scale) return compiled.run;
	const loss = (X: Numbers, { A1, A2, A3, E, Y }: Given) => {
		const scores = np.matmul(np.matmul(A1, X), np.transpose(A2)).mul(scale);
		const c = np.matmul(nn.softmax(scores, -1), np.matmul(A3, Y)).sub(E);
		return np.square(c).sum().mul(0.5);
	};
	compiled = { scale, run: jit(valueAndGrad(loss)) };
	return compiled.run;
}

/** Reverse-mode differentiation of the loss, compiled, on WebAssembly. Its exp of float64 has the accuracy of float32. */
export const jaxJs = defineAlgorithm({
	name: "jax-js",
	summary: "the loss differentiated and compiled by jax-js, on WebAssembly",
	exact: false,
	version: 1,
	options: z.strictObject({}),
	supports: () => installed(name),
	async run(problem) {
		const library = await load<Library>(name);
		await library.init("wasm");
		const given: AttentionProblem = inMemory(problem);
		const dtype = given.A1.dtype === "f64" ? "float64" : "float32";
		const put = ({ data, rows, cols }: Matrix) => library.numpy.array(data.slice(), { shape: [rows, cols], dtype });
		const { X, ...rest } = Object.fromEntries(matrixNames.map((each) => [each, put(given[each])])) as Given & {
			X: Numbers;
		};
		const [loss, gradient] = compile(library, given.scale)(X, rest);
		return {
			gradient: new Matrix(given.d, given.d, Float64Array.from(gradient.dataSync())),
			loss: loss.dataSync()[0],
		};
	},
});
