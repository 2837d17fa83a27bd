import { bytesPerNumber, type Kernels } from "@attgrad/matrix-core";
import { kernelConstants } from "../../kernels/kernel-constants.ts";
import { putNumbers } from "../../kernels/kernel-operands.ts";
import type { KernelPlan } from "../../kernels/kernel-plan.ts";
import type { gaussKernels } from "../gauss-kernels.ts";
import type { GaussInput } from "./gauss-run.ts";
import type { boundOperands, mapOperands } from "./query-operands.ts";

/** Addresses that a row's reach is made from. */
type Maps = Pick<ReturnType<typeof mapOperands>, "queryMap" | "none" | "queryShift"> &
	Pick<ReturnType<typeof boundOperands>, "bounds">;

/** Rows of a slot that are computed alike: addresses of their queries and targets, and the place of the first in the chunk. */
export interface SlotRows {
	readonly first: number;
	readonly count: number;
	readonly A1: number;
	readonly E: number;
}

/** Copies of the rows of a chunk, in each slot those of small reach first. Memory: once more what a chunk's rows take. */
export class RowsApart {
	readonly #input: GaussInput;
	readonly #shared: Maps;
	readonly #kernels: Kernels<typeof gaussKernels>;
	readonly #panelBytes: number;
	readonly #most: number;
	readonly #inputs: number;
	readonly #targets: number;
	readonly #order: number;
	#slots: readonly [first: number, count: number][] = [];

	constructor(
		input: GaussInput,
		{ queryMap, none, queryShift, bounds }: Maps,
		chunkRows: number,
		{ panelBytes }: KernelPlan,
		kernels: Kernels<typeof gaussKernels>,
	) {
		const { d, A1 } = input.problem;
		this.#input = input;
		this.#shared = { queryMap, none, queryShift, bounds };
		this.#kernels = kernels;
		this.#panelBytes = panelBytes;
		this.#most = putNumbers(kernels, "f64", [input.lowerReach ?? 0]);
		this.#inputs = kernels.allocate(A1.dtype, chunkRows * d);
		this.#targets = kernels.allocate(A1.dtype, chunkRows * d);
		this.#order = kernels.allocate("f32", chunkRows);
	}

	/** Copies the rows of the slots of a chunk; gives for each slot those of small reach, then the others. */
	async split(
		inputs: number,
		targets: number,
		slots: readonly [first: number, count: number][],
	): Promise<SlotRows[][]> {
		const { d, A1 } = this.#input.problem;
		const { dtype } = A1;
		const row = d * bytesPerNumber(dtype);
		this.#slots = slots;
		const tasks = slots.map(([first, count]) => ({
			...{ rows: count, d, ...this.#shared, most: this.#most },
			...{ A1: inputs + first * row, E: targets + first * row },
			...{ newA1: this.#inputs + first * row, newE: this.#targets + first * row, order: this.#order + 4 * first },
		}));
		const scratch = (6 * d + kernelConstants.KEPT_PANELS) * this.#panelBytes;
		const fronts = await this.#kernels.run("gaussSplit", tasks, { dtype, scratch });
		return slots.map(([first, count], slot) =>
			[
				[first, fronts[slot]],
				[first + fronts[slot], count - fronts[slot]],
			].map(([at, many]) => ({
				...{ first: at, count: many, A1: this.#inputs + at * row, E: this.#targets + at * row },
			})),
		);
	}

	/** The row of the chunk that is at a place. */
	rowAt(place: number): number {
		const [first] = this.#slots.findLast(([first]) => first <= place) ?? [0];
		return first + this.#kernels.indices(this.#order, place + 1)[place];
	}
}
