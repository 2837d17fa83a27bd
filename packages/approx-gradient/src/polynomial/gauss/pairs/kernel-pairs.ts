import type { Kernels } from "@attgrad/matrix-core";
import { kernelConstants } from "../../kernels/kernel-constants.ts";
import { putIndices, putNumbers } from "../../kernels/kernel-operands.ts";
import type { gaussKernels } from "../gauss-kernels.ts";
import { keysOnKernels } from "./kernel-keys.ts";
import { coinsStart } from "./pair-coins.ts";
import type { PairDraw } from "./pair-draw.ts";
import type { PairPlan } from "./pair-sums.ts";
import { totalsPlaces } from "./pair-totals.ts";
import type { KernelRecords, KernelSink, PairArguments, RecordPlaces, RowRecords } from "./row-record.ts";
import type { RowWeights } from "./row-weights.ts";
import type { KeyChoice } from "./sampled-keys.ts";

/** `PairSums` on kernels and threads, inside pass 2: each range of a chunk adds to the sums of its slot. The result does not depend on the number of threads. */
export class KernelPairs implements KernelSink {
	readonly #kernels: Kernels<typeof gaussKernels>;
	readonly #slots: number;
	readonly #draw: PairDraw;
	readonly #weights: RowWeights;
	readonly #add: (totals: Float64Array) => void;
	#totals = 0;

	/** @param add takes the sums of each slot in the end */
	constructor(
		kernels: Kernels<typeof gaussKernels>,
		slots: number,
		draw: PairDraw,
		weights: RowWeights,
		add: (totals: Float64Array) => void,
	) {
		this.#kernels = kernels;
		this.#slots = slots;
		this.#draw = draw;
		this.#weights = weights;
		this.#add = add;
	}

	async prepare(some: KernelRecords): Promise<PairArguments[]> {
		const kernels = this.#kernels;
		if (!this.#draw.hasRows(this.#views(some))) return [];
		const { problem, profile, space, seed } = this.#draw.input;
		const keys = await keysOnKernels(kernels, problem, space);
		const plan = this.#draw.prepare(this.#views(some), keys.view());
		const length = totalsPlaces(profile.d).length;
		const shared = {
			pairConstants: putNumbers(kernels, "f64", this.#constants(plan)),
			choices: putChoices(kernels, this.#draw.choices),
			pairTable: keys.table,
			seed: putSeed(kernels, seed),
		};
		this.#totals = kernels.allocateZeros("f64", this.#slots * length);
		return Array.from({ length: this.#slots }, (_, slot) => ({
			...shared,
			pairTotals: this.#totals + slot * length * 8,
		}));
	}

	finish(): void {
		if (this.#totals === 0) return;
		const { length } = totalsPlaces(this.#draw.input.profile.d);
		const all = this.#kernels.view("f64", this.#totals, this.#slots * length);
		for (let slot = 0; slot < this.#slots; slot++) this.#add(all.slice(slot * length, (slot + 1) * length));
	}

	#views({ lanes, ranges }: KernelRecords): RowRecords[] {
		const { length } = this.#draw.places;
		return ranges.map(({ rows, address }) => {
			return { data: this.#kernels.view("f64", address, Math.ceil(rows / lanes) * lanes * length), lanes, count: rows };
		});
	}

	/** The doubles that `kernels/gauss/pairs/weight-places.ts` names, in its order. */
	#constants({ factor, rate, meanPairs, most, mostOfRow, unit, valueHalfRange }: PairPlan): number[] {
		const { single, rows } = this.#weights.numbers();
		const ofDraw = [factor, rate, meanPairs, most / this.#slots, mostOfRow, unit];
		return [...single, ...ofDraw, ...rows.flatMap((row) => Array.from(row)), ...Array.from(valueHalfRange)];
	}
}

/** Bytes of scratch that a thread takes more to draw pairs: a panel of records, and as `kernels/gauss/pairs/pair-draws.ts` says. */
export function pairScratch({ length }: RecordPlaces, d: number, panelBytes: number): number {
	const { PAIRS_OF_RUN } = kernelConstants;
	return length * panelBytes + 256 + (2 * d + 3) * PAIRS_OF_RUN * 8 + 2 * d * 8 + 16 + (12 + d) * panelBytes + 256;
}

/** Each choice as two whole numbers and a double. */
function putChoices(kernels: Kernels, choices: readonly KeyChoice[]): number {
	const address = kernels.allocate("f64", 2 * choices.length);
	const whole = kernels.indices(address, 4 * choices.length);
	const numbers = kernels.view("f64", address, 2 * choices.length);
	for (const [i, { start, count, weight }] of choices.entries()) {
		whole[4 * i] = start;
		whole[4 * i + 1] = count;
		numbers[2 * i + 1] = weight;
	}
	return address;
}

/** Where the coins start, as two words, the low one first. */
function putSeed(kernels: Kernels, seed: number): number {
	const start = coinsStart(seed);
	return putIndices(kernels, Int32Array.of(Number(BigInt.asIntN(32, start)), Number(BigInt.asIntN(32, start >> 32n))));
}
