import { type AttentionProblem, createBackwardProblem } from "@attgrad/attention-problem";
import { kernelBackward } from "@attgrad/exact-gradient";
import { ComputationError, Matrix, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { normUp, plus, Quantity, RelativeRounding, times } from "../../../error-bound/index.ts";
import { queryBlockAt } from "../../../rows/row-blocks.ts";
import type { Profile } from "../../profile/profile.ts";
import { CentredRows } from "./centred-rows.ts";
import { type ExactRowResults, plainExactRows } from "./plain-exact-rows.ts";

/** Rows that kernels get at a time: their outputs and gradients are in memory together. */
const BATCH = 2 ** 14;

/** The totals of exact rows that a certificate uses. */
export interface ExactRowTotals {
	/** d x d: at least the rounding of entry (a, b) of the gradient, without the scale. */
	readonly rounding: Float64Array;
	/** Σ_j |A1_ja|, and d x d: Σ_j |A1_ja| |c_ji|. */
	readonly inputSums: Float64Array;
	readonly residualSums: Float64Array;
}

/** The contribution of exact rows to a gradient. */
export interface ExactRowSums extends ExactRowTotals {
	/** Σ_j A1_jᵀ Ĝ_j, d x d, without the problem's scale. */
	readonly gradient: Matrix;
	loss: number;
}

/**
 * Rows of a problem that no polynomial serves, exactly, on the kernels of the exact backward pass: keys and values about their centres,
 * all in double precision. Results are kept: a run at another degree leaves mostly the same rows. O(n d) a row.
 */
export class ExactRows {
	readonly #problem: AttentionProblem<RowSource>;
	readonly #profile: Profile;
	readonly #runtime: Runtime;
	/** Of each known row its output, then its gradient. */
	readonly #known = new Map<number, Float64Array>();

	constructor(problem: AttentionProblem<RowSource>, profile: Profile, runtime: Runtime) {
		this.#problem = problem;
		this.#profile = profile;
		this.#runtime = runtime;
	}

	/**
	 * The contribution of some rows to the gradient.
	 * @param scoreError at least every relative change of an entry that rounding and underflow of scores make
	 * @param plain whether rows that do not fit into the kernels' memory are computed in plain TypeScript, in some fifteen times as long
	 * @throws ComputationError out-of-memory where they are not
	 */
	async sums(rows: readonly number[], scoreError: number, plain = true): Promise<ExactRowSums> {
		const { d } = this.#problem;
		const missing = rows.filter((row) => !this.#known.has(row));
		for (let first = 0; first < missing.length; first += BATCH)
			await this.#find(missing.slice(first, first + BATCH), plain);
		const total = noExactRows(d);
		const [input, residual] = [new Float64Array(d), new Float64Array(d)];
		const { valueCentre } = this.#profile;
		for (const row of rows) {
			const known = this.#known.get(row);
			if (!known) throw new Error(`row ${row} was not computed`);
			this.#problem.A1.readRows(row, row + 1, input);
			this.#problem.E.readRows(row, row + 1, residual);
			for (let i = 0; i < d; i++) residual[i] = known[i] - (residual[i] - valueCentre[i]);
			addExactRow({ input, residual, gradient: known.subarray(d) }, this.#profile, scoreError, total);
		}
		return total;
	}

	async #find(rows: readonly number[], plain: boolean): Promise<void> {
		const { d } = this.#problem;
		const { outputs, gradients } =
			(this.#runtime.kernel === "js" ? undefined : await this.#onKernels(rows, plain)) ??
			(await plainExactRows(this.#problem, this.#profile, rows));
		for (const [at, row] of rows.entries()) {
			const known = new Float64Array(2 * d);
			known.set(outputs.subarray(at * d, (at + 1) * d));
			known.set(gradients.subarray(at * d, (at + 1) * d), d);
			this.#known.set(row, known);
		}
	}

	/** Undefined where the kernels' memory is short, unless that is to be an error. */
	async #onKernels(rows: readonly number[], isOptional: boolean): Promise<ExactRowResults | undefined> {
		const problem = this.#problem;
		const { keyCentre, valueCentre } = this.#profile;
		const { queries, targets } = queryBlockAt(problem, rows);
		for (let at = 0; at < targets.data.length; at++) targets.data[at] -= valueCentre[at % problem.d];
		const given = createBackwardProblem<RowSource>(
			{
				...{ Q: queries, dO: targets },
				K: new CentredRows(problem.A2, keyCentre),
				V: new CentredRows(problem.A3, valueCentre, problem.Y),
			},
			{ scale: 1 },
		);
		const made = kernelBackward(given, this.#runtime, { residual: true });
		const result = await (isOptional ? unlessShort(made) : made);
		if (!result) return undefined;
		const { output, dQ } = result;
		return { outputs: Float64Array.from(output.data), gradients: Float64Array.from(dQ.data) };
	}
}

/** An exact row about the centre of the values: its part of A1, its residual and its gradient Ĝ. */
interface ExactRow {
	readonly input: Float64Array;
	readonly residual: Float64Array;
	readonly gradient: Float64Array;
}

/** No exact rows. */
export const noExactRows = (d: number): ExactRowSums => ({
	...{ gradient: Matrix.zeros(d, d), loss: 0, rounding: new Float64Array(d * d) },
	...{ inputSums: new Float64Array(d), residualSums: new Float64Array(d * d) },
});

/**
 * Adds a row to the totals: with a bound on what rounding did, in whatever order the kernels add.
 * @param share how many rows it stands for, where that is a guess
 */
export function addExactRow(
	{ input, residual, gradient }: ExactRow,
	{ n, valueHalfRange: H, keyReach, queryNorm, keyNorm, roundings, queryCentre }: Profile,
	scoreError: number,
	total: ExactRowSums,
	share = 1,
): void {
	const d = input.length;
	let [size, moved] = [0, 0];
	for (let i = 0; i < d; i++) {
		total.loss += share * 0.5 * residual[i] ** 2;
		const c = Math.abs(residual[i]);
		size = plus(size, times(plus(H[i], roundings.value[i]), plus(times(4, c), times(2, H[i]))));
		moved = plus(moved, times(times(8, roundings.value[i]), plus(c, H[i])));
	}
	// Entries e^s are off by the error of their scores and by roundings of sums of n terms, of which every row is a mean.
	const scores = times(plus(queryNorm, normUp(queryCentre)), keyNorm);
	const relative = RelativeRounding.exponential(Quantity.sumOfProducts(times(2, scores), 2 * d + 8))
		.and(RelativeRounding.proven(scoreError))
		.and(RelativeRounding.roundings(n + 6 * d + 50)).bound;
	moved = plus(moved, times(times(8, relative), size));
	for (let a = 0; a < d; a++) {
		const weight = share * Math.abs(input[a]);
		total.inputSums[a] = plus(total.inputSums[a], weight);
		for (let b = 0; b < d; b++) {
			const at = a * d + b;
			total.residualSums[at] = plus(total.residualSums[at], times(weight, Math.abs(residual[b])));
			total.gradient.data[at] += share * input[a] * gradient[b];
			total.rounding[at] = plus(total.rounding[at], times(times(weight, moved), keyReach[b]));
		}
	}
}

/** The result, or undefined where memory is short. */
async function unlessShort<Result>(result: Promise<Result>): Promise<Result | undefined> {
	try {
		return await result;
	} catch (failure) {
		if (failure instanceof ComputationError && failure.status === "out-of-memory") return undefined;
		throw failure;
	}
}
