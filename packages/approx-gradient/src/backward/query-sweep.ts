import { powerSumsOf, RowPolynomial } from "../polynomial/gauss/row-polynomial.ts";
import type { FeatureTree } from "../polynomial/monomials/feature-tree.ts";
import type { Chunks } from "./chunks.ts";
import { CoreSums } from "./core/core-sums.ts";
import { EdgeRow } from "./edge-row.ts";
import { ExactRows } from "./exact-row.ts";
import { normAt, type Part } from "./part.ts";
import type { PartResults } from "./part-results.ts";
import { LIMITS, RowBounds, rowFacts, scoreErrorOf, sumRoundings } from "./row-bounds.ts";

/** Input of the sweep over keys for each query: the coefficients of its polynomial, and (dO, -Δ) / D; 0 for exact rows. */
export interface QueryStates {
	readonly coefficients: Float64Array;
	readonly cotangents: Float64Array;
	/** 1 for a row that has a polynomial. */
	readonly served: Uint8Array;
}

/**
 * The sweep over the queries of a part (backward.md A2): sums over keys of each chunk's core, polynomials, outputs, dQ, and what
 * edges and exact rows add to dK and dV.
 */
export class QuerySweep {
	readonly states: QueryStates;
	readonly #part: Part;
	readonly #chunks: Chunks;
	readonly #results: PartResults;
	readonly #degree: number;
	/** Sums over the core, and their width. */
	readonly #core: CoreSums;
	readonly #width: number;
	/** (dO, -Δ) / D of a block, column by column. */
	readonly #cotangents: Float64Array;
	readonly #coefficients: Float64Array;
	readonly #polynomial: RowPolynomial;
	readonly #exact: ExactRows;
	readonly #bounds: RowBounds;
	readonly #facts;
	readonly #edge: EdgeRow;
	/** Rounding of a row's sums relative to their terms, and of sums over queries. */
	readonly #sums: number;
	readonly #keySums: number;
	readonly #nuNorm: number;
	readonly #outputOnly: boolean;

	constructor(part: Part, chunks: Chunks, tree: FeatureTree, results: PartResults, outputOnly = false) {
		this.#outputOnly = outputOnly;
		const { d, d_v, group, queries } = part;
		const { size } = chunks;
		const { degree } = tree;
		[this.#part, this.#chunks, this.#degree, this.#results] = [part, chunks, degree, results];
		this.#core = new CoreSums(part, chunks, tree);
		this.#width = this.#core.width;
		this.#cotangents = new Float64Array((d_v + 1) * size);
		this.#coefficients = new Float64Array((degree + 1) * size);
		({ sums: this.#sums, keySums: this.#keySums } = sumRoundings(part, chunks, tree));
		this.#polynomial = new RowPolynomial({ degree, sumError: this.#sums, largestRadius: 1.01 * LIMITS.radius });
		this.#bounds = new RowBounds(part, results.errors);
		this.#exact = new ExactRows(part, results, this.#bounds);
		this.#facts = rowFacts(d, d_v);
		this.#edge = new EdgeRow(part, results);
		this.#nuNorm = normAt(part.nu, 0, d);
		this.states = {
			coefficients: new Float64Array(group * queries * (degree + 1)),
			cotangents: new Float64Array(group * queries * (d_v + 1)),
			served: new Uint8Array(group * queries),
		};
	}

	/** Computes query chunk c, of every head. Chunks are to come in order. */
	run(c: number): void {
		const { size, queries, first, last } = this.#chunks;
		const [from, to] = [c * size, Math.min(queries, (c + 1) * size)];
		const empty = first[c] >= last[c];
		if (!empty) this.#core.move(first[c], last[c]);
		for (let head = 0; head < this.#part.group; head++) {
			const at = head * queries;
			if (empty) for (let j = from; j < to; j++) this.#exact.add(at + j, j);
			else this.#rows(c, at, from, to);
		}
	}

	/** Rows from..to-1 of a head whose rows begin at `at`. */
	#rows(c: number, at: number, from: number, to: number): void {
		const { d_v } = this.#part;
		const degree = this.#degree;
		const count = to - from;
		this.#core.read(at + from, count);
		this.#cotangents.fill(0);
		this.#coefficients.fill(0);
		const served: number[] = [];
		for (let j = 0; j < count; j++) {
			if (this.#forward(c, at + from + j, from + j, j, count)) served.push(j);
			else this.#exact.add(at + from + j, from + j);
		}
		if (served.length === 0) return;
		if (!this.#outputOnly) {
			const { d } = this.#part;
			const sums = this.#core.queryGradients(this.#coefficients, this.#cotangents, count);
			for (const j of served)
				for (let b = 0; b < d; b++) this.#results.dQ[(at + from + j) * d + b] += sums[b * count + j];
		}
		for (const j of served) {
			const row = at + from + j;
			this.states.served[row] = 1;
			for (let k = 0; k <= degree; k++)
				this.states.coefficients[row * (degree + 1) + k] = this.#coefficients[k * count + j];
			for (let i = 0; i <= d_v; i++) this.states.cotangents[row * (d_v + 1) + i] = this.#cotangents[i * count + j];
			this.#finish(c, row, from + j, j, count);
		}
	}

	/** Polynomial, output and cotangent of a row; false where it is beyond the method. */
	#forward(c: number, row: number, place: number, j: number, count: number): boolean {
		const { q, d, d_v, upstream } = this.#part;
		const degree = this.#degree;
		const N = this.#core.byDegree;
		const reach = this.#core.reach(row);
		const queryNorm = normAt(q, row, d);
		// Powers that leave the range are not covered by relative errors.
		if (!(reach <= LIMITS.radius && (degree + 1) * Math.log2(1 + queryNorm) < 400)) return false;
		const step = this.#width * count;
		const ones = d_v * count + j;
		const polynomial = this.#polynomial;
		for (let k = 0; k < powerSumsOf(degree); k++) if (!Number.isFinite(N[ones + k * step])) return false;
		polynomial.solve(N, reach, ones, step);
		const edge = this.#edge;
		if (!edge.read(row, place, this.#chunks, c)) return false;
		const core = polynomial.valueSum(N, ones, step);
		const D = core + edge.sum;
		const size = polynomial.sizeAt(reach) * N[ones];
		const growth = (size + edge.sum) / D;
		const rounding = this.#sums * growth;
		if (!(core > 0 && D > LIMITS.least && D < LIMITS.largest && rounding <= LIMITS.rounding)) return false;
		const off = Math.expm1(
			scoreErrorOf(this.#part, queryNorm, Math.max(edge.keyNorm, this.#core.largest[d + d_v]), this.#nuNorm),
		);
		const errors = polynomial.errorSum(N, ones, step);
		if (!((1 + off) * errors + 1.02 * off * D < LIMITS.kappa * D * (1 - 1.01 * rounding))) return false;
		let delta = 0;
		for (let i = 0; i < d_v; i++) {
			const o = (polynomial.valueSum(N, i * count + j, step) + edge.values[i]) / D;
			this.#results.output[row * d_v + i] = o;
			delta += upstream[row * d_v + i] * o;
			this.#cotangents[i * count + j] = upstream[row * d_v + i] / D;
		}
		this.#cotangents[d_v * count + j] = -delta / D;
		this.#results.lse[row] = Math.log(D);
		for (let k = 0; k <= degree; k++) this.#coefficients[k * count + j] = polynomial.coefficients[k];
		return true;
	}

	/** Edges of a served row, and its bounds. */
	#finish(c: number, row: number, place: number, j: number, count: number): void {
		const { d, d_v, q } = this.#part;
		const edge = this.#edge;
		const polynomial = this.#polynomial;
		const N = this.#core.byDegree;
		const step = this.#width * count;
		const [ones, values, keys] = [d_v * count + j, (d_v + 1) * count + j, (d_v + 2) * count + j];
		const reach = this.#core.reach(row);
		const most = this.#core.largest;
		polynomial.solve(N, reach, ones, step);
		edge.read(row, place, this.#chunks, c);
		edge.addGradients(row, this.#cotangents, j, count);
		const facts = this.#facts;
		const size = polynomial.sizeAt(reach);
		const D = polynomial.valueSum(N, ones, step) + edge.sum;
		const rounding = (this.#sums * (size * N[ones] + edge.sum)) / D;
		facts.error = polynomial.errorSum(N, ones, step);
		facts.valueErrors = polynomial.errorSum(N, values, step);
		facts.keyErrors = polynomial.errorSum(N, keys, step);
		facts.normaliser = D * (1 - 1.01 * rounding);
		for (let b = 0; b < d; b++) facts.key[b] = Math.max(most[b], edge.key[b]);
		for (let i = 0; i < d_v; i++) facts.value[i] = Math.max(most[d + i], edge.value[i]);
		facts.valueNorm = (1 + 1e-12) * Math.hypot(...facts.value);
		facts.outputNorm = normAt(this.#results.output, row, d_v) + 4 * rounding * facts.valueNorm;
		const squares = polynomial.valueSum(N, values, step) + edge.valueSquares - D * facts.outputNorm ** 2;
		const terms = 4 * this.#sums * (size * N[values] + edge.valueSquares);
		facts.valueSquares = Math.max(0, squares) + terms + 20 * rounding * D * facts.valueNorm ** 2;
		facts.keySquares =
			Math.max(0, polynomial.valueSum(N, keys, step) + edge.keySquares) +
			4 * this.#sums * (size * N[keys] + edge.keySquares);
		facts.scoreError = Math.expm1(
			scoreErrorOf(this.#part, normAt(q, row, d), Math.max(edge.keyNorm, most[d + d_v]), this.#nuNorm),
		);
		const omega = most[d + d_v + 2];
		facts.largestWeight = Math.max(size * omega, edge.largest) / facts.normaliser;
		facts.largestError =
			omega * (polynomial.factor * (polynomial.squareSize + polynomial.squareError) + polynomial.offset);
		facts.rounding = rounding;
		facts.keyRounding = this.#keySums;
		this.#bounds.set(row, facts, normAt(this.#results.dQ, row, d));
	}
}
