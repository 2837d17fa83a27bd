import type { Matrix } from "@attgrad/matrix-core";
import { ExactMatrix } from "./exact-matrix.ts";
import { fixedExponential, PLACES } from "./fixed-exponential.ts";

/** Which keys a query sees. */
export type Visible = (query: number, key: number) => boolean;

/** The operands of softmax(scale · Q Kᵀ over visible keys) V, as exact matrices: Q n x d, K m x d, V m x e. */
export interface ExactOperands {
	readonly Q: ExactMatrix;
	readonly K: ExactMatrix;
	readonly V: ExactMatrix;
	readonly scale: number;
	/** @default every query sees every key */
	readonly visible?: Visible | undefined;
}

/** Output and softmax weights of the operator. */
export interface ExactOutput {
	/** f V, n x e. */
	readonly output: ExactMatrix;
	/** f, n x m, of `PLACES` binary places. */
	readonly weights: ExactMatrix;
}

/**
 * The attention operator evaluated from its definition: scores exactly, by whole numbers, weights to 57 digits after the
 * point, sums exactly. Right for entries of any size: masked keys, offsets, subnormals. A row that sees no key is 0.
 * Cost O(n m d) products of whole numbers, about 3 microseconds a pair of query and key: for small problems.
 */
export function exactOutput({ Q, K, V, scale, visible = () => true }: ExactOperands): ExactOutput {
	const scores = Q.times(K.transposed()).scaled(scale);
	const [n, m] = [Q.rows, K.rows];
	const weights: bigint[] = [];
	for (let j = 0; j < n; j++) {
		const row = scores.data.slice(j * m, (j + 1) * m).map((score, l) => (visible(j, l) ? score : undefined));
		let largest: bigint | undefined;
		for (const score of row) if (score !== undefined && (largest === undefined || score > largest)) largest = score;
		const parts = row.map((score) =>
			score === undefined || largest === undefined ? 0n : fixedExponential(score - largest, scores.exponent),
		);
		weights.push(...shares(parts));
	}
	const f = new ExactMatrix(n, m, weights, -PLACES);
	return { output: f.times(V), weights: f };
}

/** parts / Σ parts of `PLACES` binary places, which sum to 1 exactly: what depends on nothing else is then exact. */
function shares(parts: readonly bigint[]): bigint[] {
	const total = parts.reduce((sum, part) => sum + part, 0n);
	if (total === 0n) return parts.map(() => 0n);
	const rounded = parts.map((part) => (part << BigInt(PLACES)) / total);
	const largest = parts.reduce((at, part, l) => (part > parts[at] ? l : at), 0);
	rounded[largest] += (1n << BigInt(PLACES)) - rounded.reduce((sum, share) => sum + share, 0n);
	return rounded;
}

/** Gradients of the operator's inputs: Definition 3.6 and 3.7 for any upstream gradient. */
export interface ExactGradients {
	readonly dQ: ExactMatrix;
	readonly dK: ExactMatrix;
	readonly dV: ExactMatrix;
}

/** dQ = scale · p K, dK = scale · pᵀ Q, dV = fᵀ dO with p_jl = f_jl (<dO_j, V_l> - Σ_l f_jl <dO_j, V_l>). */
export function exactBackward({ Q, K, V, scale }: ExactOperands, { weights: f }: ExactOutput, dO: ExactMatrix) {
	const q = dO.times(V.transposed());
	const m = K.rows;
	const p: bigint[] = [];
	for (let j = 0; j < Q.rows; j++) {
		let mean = 0n;
		for (let l = 0; l < m; l++) mean += f.data[j * m + l] * q.data[j * m + l];
		// f sums to 1, so that p sums to 0, exactly.
		for (let l = 0; l < m; l++) p.push(f.data[j * m + l] * ((q.data[j * m + l] << BigInt(PLACES)) - mean));
	}
	const P = new ExactMatrix(Q.rows, m, p, q.exponent - 2 * PLACES);
	return {
		dQ: P.times(K).scaled(scale),
		dK: P.transposed().times(Q).scaled(scale),
		dV: f.transposed().times(dO),
	} satisfies ExactGradients;
}

/** Output and gradients of softmax(scale · Q Kᵀ) V for matrices of numbers and an upstream gradient dO. */
export function operatorTruth(
	{ Q, K, V, scale, visible }: { Q: Matrix; K: Matrix; V: Matrix; scale: number; visible?: Visible },
	dO: Matrix,
): ExactGradients & { readonly output: ExactMatrix } {
	const operands = { Q: ExactMatrix.of(Q), K: ExactMatrix.of(K), V: ExactMatrix.of(V), scale, visible };
	const output = exactOutput(operands);
	return { output: output.output, ...exactBackward(operands, output, ExactMatrix.of(dO)) };
}
