/** Time for choosing that is always allowed, and the part of the run that is. */
const ALLOWED = { milliseconds: 5, share: 0.02 };

/**
 * Keeps choosing within 2 % of the run or 5 ms. It counts predicted times only, never a clock's, so that a choice depends on
 * nothing but the problem and the machine's unit times.
 */
export class Budget {
	#spent = 0;

	/**
	 * Whether to spend `cost` on looking at something that could bring the run from `best` down to `least`; if so it is spent.
	 * @param best predicted time of the best choice so far, milliseconds
	 */
	allows(cost: number, least: number, best: number): boolean {
		const left = Math.max(ALLOWED.milliseconds, ALLOWED.share * best) - this.#spent;
		if (least + cost >= best || cost > left) return false;
		this.#spent += cost;
		return true;
	}
}

/** Looks at everything, as `attgrad plan` does. */
export const unlimited: Pick<Budget, "allows"> = { allows: () => true };
