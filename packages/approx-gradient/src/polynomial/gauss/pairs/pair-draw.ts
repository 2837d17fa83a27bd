import type { AttentionProblem } from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";
import { kernelConstants } from "../../kernels/kernel-constants.ts";
import type { FeatureSpace } from "../../method/feature-space.ts";
import type { Profile } from "../../profile/profile.ts";
import type { ErrorConstants } from "../bounds/error-constants.ts";
import { nodesOf } from "../row-polynomial.ts";
import type { PairPlan } from "./pair-sums.ts";
import type { RecordPlaces, RowRecords } from "./row-record.ts";
import type { RowWeights } from "./row-weights.ts";
import { BINS, type KeyChoice, keyChoices, type SampledKeys } from "./sampled-keys.ts";

/** Rows whose bounds say how many pairs rows get; rows and keys of a bin that say how often keys of a bin are drawn. */
const LOOK = { means: 256, rows: 50, keys: 6 } as const;

/** The most pairs of a row, and of all rows, as a multiple of their mean. */
const MOST = { ofRow: 64, ofAll: 4 } as const;

/** The run that a certificate is for. */
export interface PairCertificateInput {
	readonly problem: AttentionProblem<RowSource>;
	readonly profile: Profile;
	readonly space: FeatureSpace;
	readonly constants: ErrorConstants;
	/** How many pairs, about. */
	readonly pairs: number;
	/** Of the coins. */
	readonly seed: number;
}

/** How a run's pairs are drawn: from the data and the first rows, not from coins. */
export class PairDraw {
	readonly input: PairCertificateInput;
	readonly places: RecordPlaces;
	/** Undefined before `prepare`. */
	plan: PairPlan | undefined;
	choices: readonly KeyChoice[] = [];
	readonly #weights: RowWeights;
	readonly #factor: number;
	readonly #record: Float64Array;

	/** @param factor of all of the gradient */
	constructor(input: PairCertificateInput, places: RecordPlaces, weights: RowWeights, factor: number) {
		this.input = input;
		this.places = places;
		this.#weights = weights;
		this.#factor = factor;
		this.#record = new Float64Array(places.length);
	}

	/** Copies the record of row j; whether it is one with a polynomial. */
	copyRecord({ data, lanes }: Pick<RowRecords, "data" | "lanes">, j: number, to: Float64Array): boolean {
		const { length, accepted } = this.places;
		const from = Math.floor(j / lanes) * length * lanes + (j % lanes);
		if (data[from + accepted * lanes] === 0) return false;
		for (let i = 0; i < length; i++) to[i] = data[from + i * lanes];
		return true;
	}

	/** Whether some records are of rows with a polynomial. */
	hasRows(records: readonly RowRecords[]): boolean {
		return this.#accepted(records) > 0;
	}

	/** Makes the plan from the first records of a run that has rows. */
	prepare(records: readonly RowRecords[], keys: SampledKeys): PairPlan {
		const { profile, pairs, constants } = this.input;
		const { n, d, valueHalfRange } = profile;
		const rows = this.#spread(records);
		let sum = 0;
		for (const row of rows) sum += this.#read(row) * this.#weights.mean;
		const counted = records.reduce((all, { count }) => all + count, 0);
		const accepted = this.#accepted(records);
		const expected = (sum / rows.length) * n * (accepted / counted);
		const { PAIRS_OF_RUN } = kernelConstants;
		this.plan = {
			...{ d, degree: constants.degree, nodes: nodesOf(constants.degree), factor: this.#factor, valueHalfRange },
			unit: expected / Math.max(n, pairs / PAIRS_OF_RUN),
			rate: expected > 0 ? (0.9 * pairs) / expected : 0,
			meanPairs: pairs / n,
			mostOfRow: (MOST.ofRow * pairs) / n + 64,
			most: MOST.ofAll * pairs,
		};
		this.choices = keyChoices(keys, this.#densities(rows, keys));
		return this.plan;
	}

	/** Sets record and weights of a row, and gives its largest |A1_ja|, times the factor. */
	#read({ data, lanes, j }: RowPlace): number {
		const { d } = this.input.profile;
		this.copyRecord({ data, lanes }, j, this.#record);
		this.#weights.read(this.#record);
		let size = 0;
		for (let a = 0; a < d; a++) size = Math.max(size, Math.abs(this.#record[this.places.input + a]));
		return size * this.#factor;
	}

	#accepted(records: readonly RowRecords[]): number {
		let rows = 0;
		for (const all of records) for (let j = 0; j < all.count; j++) if (this.#accepts(all, j)) rows++;
		return rows;
	}

	#accepts({ data, lanes }: RowRecords, j: number): boolean {
		const { length, accepted } = this.places;
		return data[(Math.floor(j / lanes) * length + accepted) * lanes + (j % lanes)] !== 0;
	}

	/** Some rows with a polynomial, from all over the records. */
	#spread(records: readonly RowRecords[]): RowPlace[] {
		const rows: RowPlace[] = [];
		for (const all of records)
			for (let j = 0; j < all.count; j++) if (this.#accepts(all, j)) rows.push({ data: all.data, lanes: all.lanes, j });
		const step = Math.max(1, rows.length / LOOK.means);
		return Array.from(
			{ length: Math.min(rows.length, LOOK.means) },
			(_, i) => rows[Math.min(rows.length - 1, Math.floor(i * step))],
		);
	}

	/** Root mean square of the bound on a pair, by bin. */
	#densities(rows: readonly RowPlace[], { starts, counts, data, stride }: SampledKeys): Float64Array {
		const { d, n } = this.input.profile;
		const squares = new Float64Array(BINS);
		const step = Math.max(1, Math.floor(rows.length / LOOK.rows));
		for (let row = 0; row < rows.length; row += step) {
			const size = this.#read(rows[row]);
			const { A, B, C, mean } = this.#weights;
			const weight = size / Math.sqrt(mean + 2 ** -1000);
			for (let bin = 0; bin < BINS; bin++) {
				const looks = Math.min(counts[bin], LOOK.keys);
				for (let look = 0; look < looks; look++) {
					const key = (starts[bin] + Math.floor(((look + 0.5) * counts[bin]) / looks)) * stride;
					const bracket = A + B * data[key + 2 * d + 1] + C * data[key + 2 * d + 2];
					const bound = weight * data[key + 2 * d] * this.#dominationAt(data, key) * bracket;
					squares[bin] += (bound * bound) / looks;
				}
			}
		}
		const roots = squares.map(Math.sqrt);
		let total = 0;
		for (let bin = 0; bin < BINS; bin++) total += (roots[bin] * counts[bin]) / n;
		return roots.map((root) => root + 0.05 * total + 2 ** -1000);
	}

	#dominationAt(keys: Float64Array, key: number): number {
		const { d } = this.input.profile;
		const { query, square, factor, offset } = this.places;
		const x = this.#record;
		let s = 0;
		for (let i = 0; i < d; i++) s += x[query + i] * keys[key + i];
		let value = 0;
		for (let k = square + 2 * nodesOf(this.input.constants.degree); k >= square; k--) value = value * s + x[k];
		return x[factor] * Math.max(0, value) + x[offset];
	}
}

/** A row of records. */
interface RowPlace {
	readonly data: Float64Array;
	readonly lanes: number;
	readonly j: number;
}
