import { defineAlgorithm, inMemory } from "@attgrad/attention-problem";
import { Matrix } from "@attgrad/matrix-core";
import { z } from "zod";
import { installed, load } from "./optional.ts";

const [core, backend] = ["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-wasm"];

interface Tensor {
	dataSync(): Float32Array;
	dispose(): void;
}

interface Library {
	setBackend(name: string): Promise<boolean>;
	tidy<Result>(work: () => Result): Result;
	tensor2d(numbers: Float32Array, shape: [number, number]): Tensor;
	matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
	softmax(scores: Tensor): Tensor;
	sub(a: Tensor, b: Tensor): Tensor;
	mul(a: Tensor, b: Tensor | number): Tensor;
	sum(a: Tensor, axis: number, keepDims: boolean): Tensor;
}

/** The closed form with n x n matrices (paper.md 4.2) on the WebAssembly backend of TensorFlow.js, which has float32 only. */
export const tfjs = defineAlgorithm({
	name: "tfjs-wasm",
	summary: "the closed form with n x n matrices in TensorFlow.js, WebAssembly backend, float32",
	exact: false,
	version: 1,
	options: z.strictObject({}),
	supports({ A1 }) {
		if (A1.dtype !== "f32") return { reason: "TensorFlow.js has float32 only" };
		const both = [core, backend].map(installed);
		return both.find((each) => each !== true) ?? true;
	},
	async run(problem) {
		const tf = await load<Library>(core);
		await load(backend);
		await tf.setBackend("wasm");
		const { scale, d, ...given } = inMemory(problem);
		const put = ({ data, rows, cols }: Matrix) => tf.tensor2d(data as Float32Array, [rows, cols]);
		return tf.tidy(() => {
			const [A1, A2, A3, E, X, Y] = [given.A1, given.A2, given.A3, given.E, given.X, given.Y].map(put) as Six;
			const f = tf.softmax(tf.mul(tf.matMul(tf.matMul(A1, X), A2, false, true), scale));
			const h = tf.matMul(A3, Y);
			const c = tf.sub(tf.matMul(f, h), E);
			const q = tf.matMul(c, h, false, true);
			const p = tf.mul(f, tf.sub(q, tf.sum(tf.mul(f, q), 1, true)));
			const gradient = tf.mul(tf.matMul(A1, tf.matMul(p, A2), true), scale);
			const loss = c.dataSync().reduce((sum, x) => sum + (x * x) / 2, 0);
			return { gradient: new Matrix(d, d, Float64Array.from(gradient.dataSync())), loss };
		});
	},
});

type Six = [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
