import { powerSumsOf, RowPolynomial } from "../polynomial/gauss/row-polynomial.ts";
import type { FeatureTree } from "../polynomial/monomials/feature-tree.ts";
import { type Chunks, isConstant } from "./chunks.ts";
import { EdgeRow } from "./edge-row.ts";
import { ExactRows } from "./exact-row.ts";
import { MonomialBlock, multiplicities } from "./monomials.ts";
import { largestLength, normAt, type Part, readLargest } from "./part.ts";
import type { PartResults } from "./part-results.ts";
import { LIMITS, RowBounds, rowFacts, scoreErrorOf, sumRoundings } from "./row-bounds.ts";
import { largest, SlidingFold, sum } from "./sliding-fold.ts";

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
	readonly #tree: FeatureTree;
	readonly #weights: Float64Array;
	/** Columns of the sums: values, 1, ‖v‖², ‖k‖². */
	readonly #width: number;
	readonly #block: MonomialBlock;
	readonly #columns: Float64Array;
	readonly #moments: SlidingFold;
	/** Largest |k_b|, |v_i|, ‖k‖, ‖v‖, ω of a core. */
	readonly #largest: SlidingFold;
	readonly #byDegree: Float64Array;
	readonly #products: Float64Array;
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
		const { degree, raisedSize } = tree;
		[this.#part, this.#chunks, this.#tree, this.#results] = [part, chunks, tree, results];
		this.#weights = multiplicities(tree);
		this.#width = d_v + 3;
		this.#block = new MonomialBlock(tree, size);
		this.#columns = new Float64Array(this.#width * size);
		const keep = !isConstant(chunks.first);
		this.#moments = new SlidingFold(raisedSize * this.#width, sum, keep);
		this.#largest = new SlidingFold(largestLength(part), largest, keep);
		this.#byDegree = new Float64Array((degree + 2) * this.#width * size);
		this.#products = new Float64Array(raisedSize * size);
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
		const { size, queries, keys, first, last } = this.#chunks;
		const [from, to] = [c * size, Math.min(queries, (c + 1) * size)];
		const empty = first[c] >= last[c];
		if (!empty) {
			this.#moments.move(first[c], last[c], (chunk, into) => this.#addKeys(chunk, into));
			this.#largest.move(first[c], last[c], (chunk, into) =>
				readLargest(this.#part, chunk * size, Math.min(keys, (chunk + 1) * size), into),
			);
		}
		for (let head = 0; head < this.#part.group; head++) {
			const at = head * queries;
			if (empty) for (let j = from; j < to; j++) this.#exact.add(at + j, j);
			else this.#rows(c, at, from, to);
		}
	}

	#addKeys(chunk: number, into: Float64Array): void {
		const { k, v, d, d_v, keys, omega } = this.#part;
		const from = chunk * this.#chunks.size;
		const count = Math.min(keys, from + this.#chunks.size) - from;
		const columns = this.#columns;
		for (let j = 0; j < count; j++) {
			let [values, squares] = [0, 0];
			const weight = omega[from + j];
			for (let i = 0; i < d_v; i++) {
				const x = v[(from + j) * d_v + i];
				columns[i * count + j] = weight * x;
				values += x * x;
			}
			for (let b = 0; b < d; b++) squares += k[(from + j) * d + b] ** 2;
			columns[d_v * count + j] = weight;
			columns[(d_v + 1) * count + j] = weight * values;
			columns[(d_v + 2) * count + j] = weight * squares;
		}
		this.#block.fill(k, from, count);
		this.#block.addMoments(columns, this.#width, count, into, this.#tree.raisedSize);
	}

	/** Rows from..to-1 of a head whose rows begin at `at`. */
	#rows(c: number, at: number, from: number, to: number): void {
		const { d_v } = this.#part;
		const { degree } = this.#tree;
		const count = to - from;
		this.#block.fill(this.#part.q, at + from, count);
		this.#sumByDegree(count);
		this.#cotangents.fill(0);
		this.#coefficients.fill(0);
		const served: number[] = [];
		for (let j = 0; j < count; j++) {
			if (this.#forward(c, at + from + j, from + j, j, count)) served.push(j);
			else this.#exact.add(at + from + j, from + j);
		}
		if (served.length === 0) return;
		if (!this.#outputOnly) this.#addQueryGradients(at + from, count, served);
		for (const j of served) {
			const row = at + from + j;
			this.states.served[row] = 1;
			for (let k = 0; k <= degree; k++)
				this.states.coefficients[row * (degree + 1) + k] = this.#coefficients[k * count + j];
			for (let i = 0; i <= d_v; i++) this.states.cotangents[row * (d_v + 1) + i] = this.#cotangents[i * count + j];
			this.#finish(c, row, from + j, j, count);
		}
	}

	/** N_k = Σ_{|α| = k} multiplicity q^α S_α: of each degree, column and row. */
	#sumByDegree(count: number): void {
		const width = this.#width;
		const { values } = this.#block;
		const { levels, raisedSize } = this.#tree;
		const moments = this.#moments.value;
		const N = this.#byDegree;
		N.fill(0);
		for (let k = 0; k < levels.length; k++) {
			const end = k + 1 < levels.length ? levels[k + 1] : raisedSize;
			for (let node = levels[k]; node < end; node++)
				for (let i = 0; i < width; i++) {
					const factor = this.#weights[node] * moments[node * width + i];
					let [into, from] = [(k * width + i) * count, node * count];
					for (let j = 0; j < count; j++) N[into++] += factor * values[from++];
				}
		}
	}

	/** The radius of row j over the core: at least every |score|, and every sum of |q_b k_b|. */
	#reach(row: number): number {
		const { q, d, d_v } = this.#part;
		const most = this.#largest.value;
		let reach = 0;
		for (let b = 0; b < d; b++) reach += Math.abs(q[row * d + b]) * most[b];
		return Math.min(reach, normAt(q, row, d) * most[d + d_v]) * (1 + 1e-12) + 1e-300;
	}

	/** Polynomial, output and cotangent of a row; false where it is beyond the method. */
	#forward(c: number, row: number, place: number, j: number, count: number): boolean {
		const { q, d, d_v, upstream } = this.#part;
		const { degree } = this.#tree;
		const N = this.#byDegree;
		const reach = this.#reach(row);
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
			scoreErrorOf(this.#part, queryNorm, Math.max(edge.keyNorm, this.#largest.value[d + d_v]), this.#nuNorm),
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

	/** dQ_b += Σ_α a_|α| multiplicity q^α t_{up(α, b)} with t = S c'. */
	#addQueryGradients(first: number, count: number, served: readonly number[]): void {
		const { d, d_v } = this.#part;
		const { raisedSize, raise, levels } = this.#tree;
		const [t, S, width, cotangents] = [this.#products, this.#moments.value, this.#width, this.#cotangents];
		const { values } = this.#block;
		t.fill(0);
		for (let node = 0; node < raisedSize; node++)
			for (let i = 0; i <= d_v; i++) {
				const factor = S[node * width + i];
				let [into, from] = [node * count, i * count];
				for (let j = 0; j < count; j++) t[into++] += factor * cotangents[from++];
			}
		const weighted = new Float64Array(count);
		const sums = new Float64Array(d * count);
		for (let k = 0; k + 1 < levels.length; k++)
			for (let node = levels[k]; node < levels[k + 1]; node++) {
				const multiplicity = this.#weights[node];
				for (let j = 0; j < count; j++)
					weighted[j] = multiplicity * this.#coefficients[k * count + j] * values[node * count + j];
				for (let b = 0; b < d; b++) {
					let from = raise[node * d + b] * count;
					for (let j = 0; j < count; j++) sums[b * count + j] += weighted[j] * t[from++];
				}
			}
		for (const j of served) for (let b = 0; b < d; b++) this.#results.dQ[(first + j) * d + b] += sums[b * count + j];
	}

	/** Edges of a served row, and its bounds. */
	#finish(c: number, row: number, place: number, j: number, count: number): void {
		const { d, d_v, q } = this.#part;
		const edge = this.#edge;
		const polynomial = this.#polynomial;
		const N = this.#byDegree;
		const step = this.#width * count;
		const [ones, values, keys] = [d_v * count + j, (d_v + 1) * count + j, (d_v + 2) * count + j];
		const reach = this.#reach(row);
		const most = this.#largest.value;
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
