import { Matrix } from "@attgrad/matrix-core";
import { RelativeRounding } from "../../../error-bound/index.ts";
import { SlidingFold, sum } from "../../core/sliding-fold.ts";
import type { ColumnBounds } from "../query-sums.ts";
import type { KeptChunk, MaskedHead, QueryCore } from "./masked-head.ts";

/** Sums over the query chunks that have a key chunk in their core, from the last key chunk to the first. */
export class CoreQueries {
	readonly #made: MaskedHead;
	readonly #bounds: ColumnBounds;
	readonly #slides: boolean;
	/** The sums of each chunk: those with features, forms, numbers, groups and raises. */
	readonly #chunks: Float64Array[] = [];
	readonly #width: number;
	readonly #columns: number;
	readonly #forms: number;
	#fold: SlidingFold | undefined;

	/** @param slides whether not all key chunks have the last query chunks in their core */
	constructor(made: MaskedHead, bounds: ColumnBounds, slides: boolean) {
		const [d, width] = [made.head.queries.cols, made.head.values.cols];
		this.#made = made;
		this.#bounds = bounds;
		this.#slides = slides;
		this.#width = width;
		this.#columns = (d + 1) * width + width - 1 + d;
		this.#forms = bounds === "sizes" ? 0 : (d + 1) * width * width;
	}

	/** Adds the next query chunk. */
	async add(chunk: KeptChunk): Promise<void> {
		const numbersAt = this.#made.reach.rank * this.#columns + this.#forms;
		const { numbers } = chunk.weighed;
		const state = new Float64Array(numbersAt + numbers.length + 2);
		this.#chunks.push(state);
		if (chunk.members.length === 0) return;
		const { sums, forms } = await this.#made.querySums(chunk, this.#bounds);
		state.set(sums.data);
		state.set(numbers, numbersAt);
		if (!forms || this.#bounds === "sizes") return;
		state.set(forms.own.data, numbersAt - this.#forms);
		state.set([forms.groups, forms.raised], state.length - 2);
	}

	/** The sums over the chunks from..to-1, neither of which rises from one call to the next. */
	at({ from, to }: { readonly from: number; readonly to: number }): QueryCore {
		const { rank } = this.#made.reach;
		const count = this.#chunks.length;
		this.#fold ??= new SlidingFold(this.#chunks[0]?.length ?? 0, sum, this.#slides);
		// From behind both ends move forward.
		this.#fold.move(count - to, count - from, (chunk, into) => into.set(this.#chunks[count - 1 - chunk]));
		const state = this.#fold.value;
		const formsAt = rank * this.#columns;
		const numbersAt = formsAt + this.#forms;
		const [groups, raised] = state.subarray(-2);
		return {
			sums: new Matrix(rank, this.#columns, state.subarray(0, formsAt)),
			forms: {
				own: new Matrix(this.#forms / this.#width, this.#width, state.subarray(formsAt, numbersAt)),
				groups,
				raised: RelativeRounding.roundings(3 * count + 8).atLeast(raised),
			},
			numbers: state.slice(numbersAt, -2),
		};
	}
}
