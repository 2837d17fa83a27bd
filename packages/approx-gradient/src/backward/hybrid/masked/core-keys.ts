import type { RowRange } from "@attgrad/attention-problem";
import { Matrix, multiply } from "@attgrad/matrix-core";
import { plus, times } from "../../../error-bound/index.ts";
import { DirectBounds } from "../../../feature-maps/direct-bounds.ts";
import type { BlockForms } from "../../../feature-maps/residual-forms.ts";
import { type Chunks, isConstant } from "../../chunks.ts";
import { SlidingFold, sum } from "../../core/sliding-fold.ts";
import type { CoreSums, MaskedHead } from "./masked-head.ts";

/**
 * Sums over the key chunks of a core both of whose ends never fall. Forms of residual matrices stay within chunks, so that those of a core are the sum of its chunks': the residual matrix of a part
 * of the keys is the part of the residual matrix, and positive semi-definite too. Each chunk is made once; nothing is subtracted.
 */
export class CoreKeys {
	readonly #made: MaskedHead;
	readonly #keys: RowRange;
	readonly #size: number;
	readonly #slides: boolean;
	readonly #fold: SlidingFold;
	readonly #width: number;
	/** Sums of chunks that are not in the fold yet. */
	readonly #sums = new Map<number, Float64Array>();
	readonly #forms = new Map<number, BlockForms>();
	#direct: DirectBounds;
	#from = 0;
	#to = 0;

	/** @param keys of the sequence */
	constructor(made: MaskedHead, keys: RowRange, { size, first }: Chunks) {
		const { head, reach } = made;
		this.#made = made;
		this.#keys = keys;
		this.#size = size;
		this.#slides = !isConstant(first);
		this.#width = head.values.cols * (head.middleKeys.cols + 1);
		this.#fold = new SlidingFold(reach.rank * this.#width, sum, this.#slides);
		this.#direct = new DirectBounds(head);
	}

	/** The sums over the chunks first..last-1. */
	async at(first: number, last: number): Promise<CoreSums> {
		const isNew = first > this.#from;
		if (isNew) {
			for (const chunk of [...this.#forms.keys()]) if (chunk < first) this.#forms.delete(chunk);
			this.#direct = new DirectBounds(this.#made.head);
		}
		const before = Math.max(first, this.#to);
		for (let chunk = before; chunk < last; chunk++) {
			const { sums, forms } = await this.#made.keySums(this.#rows(chunk));
			this.#sums.set(chunk, sums.data as Float64Array);
			if (forms) this.#forms.set(chunk, forms);
		}
		for (let chunk = isNew ? first : before; chunk < last; chunk++) await this.#bound(chunk);
		this.#fold.move(first, last, (chunk, into) => {
			into.set(this.#sums.get(chunk) ?? []);
			this.#sums.delete(chunk);
		});
		[this.#from, this.#to] = [first, Math.max(last, this.#to)];
		return { sums: new Matrix(this.#made.reach.rank, this.#width, this.#fold.value), direct: this.#direct };
	}

	#rows(chunk: number): RowRange {
		const from = this.#keys.from + chunk * this.#size;
		return { from, to: Math.min(this.#keys.to, from + this.#size) };
	}

	/** Adds a chunk to the bounds. */
	async #bound(chunk: number): Promise<void> {
		const { head, reach } = this.#made;
		const { from, to } = this.#rows(chunk);
		const beta = reach.beta.subarray(from, to);
		const spread = beta.reduce((total, x) => plus(total, times(x, x)), 0);
		const forms = this.#forms.get(chunk);
		if (forms) this.#direct.addForms(forms, { beta, spread });
		else {
			const own = { h: head.values.slice(from, to), keys: head.middleKeys.slice(from, to) };
			await this.#direct.add({ ...own, beta, spread }, async (A, B, options) => multiply(A, B, options));
		}
		if (!this.#slides) this.#forms.delete(chunk);
	}
}
