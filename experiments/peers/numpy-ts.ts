import { defineAlgorithm, inMemory } from "@attgrad/attention-problem";
import { Matrix } from "@attgrad/matrix-core";
import { z } from "zod";
import { installed, load } from "./optional.ts";

const name = "numpy-ts";

/** The part of a numpy-ts array that is used. */
interface Numbers {
	readonly data: Float64Array | Float32Array;
	readonly T: Numbers;
	matmul(other: Numbers): Numbers;
	multiply(other: Numbers | number): Numbers;
	subtract(other: Numbers): Numbers;
	divide(other: Numbers): Numbers;
	exp(): Numbers;
	max(axis: number, keepdims: boolean): Numbers;
	sum(axis: number, keepdims: boolean): Numbers;
	reshape(...shape: number[]): Numbers;
}

interface Library {
	array(numbers: Float64Array | Float32Array): Numbers;
}

/** The closed form with n x n matrices (paper.md 4.2), as one writes it with NumPy. */
export const numpyTs = defineAlgorithm({
	name,
	summary: "the closed form with n x n matrices in numpy-ts",
	exact: true,
	version: 1,
	options: z.strictObject({}),
	supports: () => installed(name),
	async run(problem) {
		const np = await load<Library>(name);
		const { scale, d, ...given } = inMemory(problem);
		const put = ({ data, rows, cols }: Matrix) => np.array(data).reshape(rows, cols);
		const [A1, A2, A3, E, X, Y] = [given.A1, given.A2, given.A3, given.E, given.X, given.Y].map(put) as Six;
		const scores = A1.matmul(X).matmul(A2.T).multiply(scale);
		const weights = scores.subtract(scores.max(1, true)).exp();
		const f = weights.divide(weights.sum(1, true));
		const h = A3.matmul(Y);
		const c = f.matmul(h).subtract(E);
		const q = c.matmul(h.T);
		const p = f.multiply(q.subtract(f.multiply(q).sum(1, true)));
		const gradient = A1.T.matmul(p.matmul(A2)).multiply(scale);
		let loss = 0;
		for (const x of c.data) loss += (x * x) / 2;
		return { gradient: new Matrix(d, d, Float64Array.from(gradient.data)), loss };
	},
});

type Six = [Numbers, Numbers, Numbers, Numbers, Numbers, Numbers];
