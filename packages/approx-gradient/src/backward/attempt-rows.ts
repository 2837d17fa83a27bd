import type { BackwardProblem, OfEachGradient, RowRange } from "@attgrad/attention-problem";
import { copyNumbers, Matrix, maxAbs, type Numbers, type RowSource, unitRoundoff } from "@attgrad/matrix-core";
import { plus, times } from "../error-bound/index.ts";
import { requireFinite } from "../rows/require-finite.ts";
import type { ExactPart } from "./hybrid/exact-part.ts";
import type { LeftRows } from "./left-rows.ts";
import type { Part } from "./part.ts";
import { largestOf, type PartBounds } from "./part-bounds.ts";
import type { PartResults } from "./part-results.ts";

/** Gradients of all heads, in double precision, with their bounds. */
export interface GradientRows {
	readonly gradients: OfEachGradient<Matrix>;
	/** The largest |entry| of each. */
	readonly sizes: OfEachGradient;
	readonly output: Matrix;
	readonly lse: Float64Array;
	readonly exactRows: number;
	/** A bound for each row, and the largest part of one that rounding accounts for. */
	readonly rows: OfEachGradient<Float64Array>;
	readonly floors: OfEachGradient;
	/** A bound on the length of the error of each row of the output. */
	readonly outputRows: Float64Array;
	/** The largest bounds of rows. */
	readonly largest: PartBounds["largest"];
	/** The largest part of a bound of the output that rounding alone accounts for, and the largest κ. */
	readonly outputFloor: number;
	readonly kappa: number;
}

/** A part that is done: its gradients and their bounds. */
export interface Done {
	readonly part: Part;
	readonly results: PartResults;
	readonly bounds: PartBounds;
}

/** Names of the gradients. */
export const gradientNames = ["dQ", "dK", "dV"] as const;

type WholeRows = Pick<GradientRows, "gradients" | "output" | "lse" | "rows" | "outputRows">;

function zeroRows({ batch, heads, keyHeads, n_q, n_k, d, d_v }: BackwardProblem<RowSource>): WholeRows {
	const [queries, keys] = [batch * heads * n_q, batch * keyHeads * n_k];
	return {
		gradients: { dQ: Matrix.zeros(queries, d), dK: Matrix.zeros(keys, d), dV: Matrix.zeros(keys, d_v) },
		output: Matrix.zeros(queries, d_v),
		outputRows: new Float64Array(queries),
		lse: new Float64Array(queries),
		rows: { dQ: new Float64Array(queries), dK: new Float64Array(keys), dV: new Float64Array(keys) },
	};
}

/** Sums and largest numbers over the parts that are placed. */
const noTotals = () => ({
	/** Queries that are placed, of all heads. */
	queries: 0,
	exactRows: 0,
	outputFloor: 0,
	kappa: 0,
	sizes: { dQ: 0, dK: 0, dV: 0 },
	floors: { dQ: 0, dK: 0, dV: 0 },
	/** Those of dK and dV by the first row of the keys, for sums over parts with the same keys. */
	keyFloors: new Map<number, Record<"dK" | "dV", number>>(),
	largest: { dQ: 0, dK: 0, dV: 0, output: 0 },
	/** Whether rows of keys are sums over parts. */
	added: false,
});

/** Rows of dK or dV that are added to those of a part. */
interface AddedKeys {
	/** Where the keys of the part begin in all rows. */
	readonly keyAt: number;
	/** The keys of the part that there are rows of. */
	readonly ranges: readonly RowRange[];
	readonly added: Numbers;
	/** Of each row, or of all. */
	readonly bounds: Float64Array | number;
	readonly floor: number;
}

/** Takes the results of parts to the rows of all heads: those of a part's queries first, as soon as they are known. */
export class AttemptRows {
	readonly #problem: BackwardProblem<RowSource>;
	#made: WholeRows | undefined;
	#totals = noTotals();

	constructor(problem: BackwardProblem<RowSource>) {
		this.#problem = problem;
	}

	/** All rows, made when the first are placed: beside the kernels. */
	get #rows(): WholeRows {
		this.#made ??= zeroRows(this.#problem);
		return this.#made;
	}

	/** Queries that are placed, of all heads. */
	get queries(): number {
		return this.#totals.queries;
	}

	/** Gives a way back to the totals as they are now, for parts that are placed again after a failure: their rows are overwritten. */
	mark(): () => void {
		const totals = structuredClone(this.#totals);
		return () => {
			this.#totals = totals;
		};
	}

	/** Takes the results of the queries of a part, in the units of the problem, and all bounds. */
	placeQueries({ part, results, bounds }: Done): void {
		const { group, queries, queryAt, keyAt, d, d_v } = part;
		const { gradients, rows, output, outputRows, lse } = this.#rows;
		for (let head = 0; head < group; head++) {
			const place = (from: Float64Array, width: number, into: Numbers): void =>
				copyNumbers(
					from.subarray(head * queries * width, (head + 1) * queries * width),
					into.subarray(queryAt[head] * width),
				);
			place(results.dQ, d, gradients.dQ.data);
			place(results.output, d_v, output.data);
			place(results.lse, 1, lse);
			place(bounds.rows.dQ, 1, rows.dQ);
			place(bounds.output, 1, outputRows);
		}
		const totals = this.#totals;
		if (!part.continued) {
			for (const name of ["dK", "dV"] as const) rows[name].set(bounds.rows[name], keyAt);
			totals.keyFloors.set(keyAt, { dK: bounds.floors.dK, dV: bounds.floors.dV });
		}
		const { floors, largest } = totals;
		for (const name of gradientNames) floors[name] = Math.max(floors[name], bounds.floors[name]);
		for (const name of [...gradientNames, "output"] as const)
			largest[name] = Math.max(largest[name], bounds.largest[name]);
		totals.outputFloor = Math.max(totals.outputFloor, bounds.outputFloor);
		totals.kappa = Math.max(totals.kappa, bounds.kappa);
		totals.exactRows += results.exactRows;
		totals.queries += group * queries;
	}

	/** Takes dK and dV of a part, in the units of the problem, or adds them to those of an earlier one. */
	placeKeys(done: Done): void {
		const { part, results } = done;
		const { keyAt, d, d_v } = part;
		const { dK, dV } = this.#rows.gradients;
		if (part.continued) {
			for (const name of ["dK", "dV"] as const)
				this.#addKeys(name, {
					...{ keyAt, ranges: [{ from: 0, to: part.keys }], added: results[name] },
					...{ bounds: done.bounds.rows[name], floor: done.bounds.floors[name] },
				});
			return;
		}
		copyNumbers(results.dK, dK.data.subarray(keyAt * d));
		copyNumbers(results.dV, dV.data.subarray(keyAt * d_v));
		const { sizes } = this.#totals;
		for (const name of gradientNames) sizes[name] = Math.max(sizes[name], results.sizes[name]);
	}

	/**
	 * Takes rows of a placed part that were computed by themselves, in the units of the problem, and adds their dK and dV to those of the part, with the
	 * rounding of the sums. All of their bounds are of rounding.
	 */
	addExact(
		{ rows: places, queries, queryAt, keyAt, seen }: Pick<LeftRows, "rows" | "queries" | "queryAt" | "keyAt" | "seen">,
		{ dQ, dK, dV, outputs, lse, bounds, keyBounds }: ExactPart,
	): void {
		const { gradients, rows, output, outputRows, lse: all } = this.#rows;
		for (const [at, place] of places.entries()) {
			const row = queryAt[Math.floor(place / queries)] + (place % queries);
			gradients.dQ.row(row).set(dQ.row(at));
			output.row(row).set(outputs.row(at));
			all[row] = lse[at];
			rows.dQ[row] = bounds.dQ;
			outputRows[row] = bounds.output;
		}
		const totals = this.#totals;
		totals.floors.dQ = Math.max(totals.floors.dQ, bounds.dQ);
		totals.largest.dQ = Math.max(totals.largest.dQ, bounds.dQ);
		totals.largest.output = Math.max(totals.largest.output, bounds.output);
		totals.outputFloor = Math.max(totals.outputFloor, bounds.output);
		totals.sizes.dQ = Math.max(totals.sizes.dQ, maxAbs(dQ));
		totals.exactRows += places.length;
		for (const [name, added] of [
			["dK", dK],
			["dV", dV],
		] as const)
			this.#addKeys(name, {
				...{ keyAt, ranges: seen, added: added.data },
				...{ bounds: keyBounds?.[name] ?? bounds[name], floor: keyBounds ? largestOf(keyBounds[name]) : bounds[name] },
			});
	}

	/** The largest bound of a row of a gradient so far. */
	get largestBound(): number {
		const { largest } = this.#totals;
		return Math.max(...gradientNames.map((name) => largest[name]));
	}

	/** Adds to rows of dK or dV, and to their bounds: with the rounding of the sum. */
	#addKeys(name: "dK" | "dV", { keyAt, ranges, added, bounds, floor }: AddedKeys): void {
		const { data, cols } = this.#rows.gradients[name];
		const all = this.#rows.rows[name];
		const { floors, keyFloors, largest } = this.#totals;
		let [rounding, place, most] = [0, 0, 0];
		for (const { from, to } of ranges)
			for (let key = keyAt + from; key < keyAt + to; key++, place++) {
				let size = 0;
				for (let b = 0, at = key * cols; b < cols; b++, at++) {
					data[at] += added[place * cols + b];
					size = Math.max(size, Math.abs(data[at]));
				}
				rounding = Math.max(rounding, size);
				const bound = typeof bounds === "number" ? bounds : bounds[place];
				all[key] = plus(plus(all[key], bound), times(unitRoundoff("f64"), size));
				most = Math.max(most, all[key]);
			}
		rounding = times(unitRoundoff("f64"), rounding);
		const own = keyFloors.get(keyAt);
		if (!own) throw new Error("keys are added to those of a part that is placed");
		own[name] = plus(plus(own[name], floor), rounding);
		floors[name] = Math.max(floors[name], own[name]);
		largest[name] = Math.max(largest[name], most);
		this.#totals.added = true;
	}

	/** All rows, once every part has come. @throws ComputationError (failed) naming the first number that is not finite */
	finished(outputOnly: boolean): GradientRows {
		const { gradients, output } = this.#rows;
		// Sums may be smaller than their parts.
		const { sizes, floors, largest, exactRows, outputFloor, kappa, added } = this.#totals;
		if (added) for (const name of ["dK", "dV"] as const) sizes[name] = maxAbs(gradients[name]);
		if (outputOnly) requireFinite("polynomial", { output });
		else if (!Object.values(sizes).every(Number.isFinite)) requireFinite("polynomial", { ...gradients });
		return { ...this.#rows, exactRows, outputFloor, kappa, sizes, floors, largest };
	}
}
