// The sums of a slot over runs of pairs: `pairs/pair-totals.ts` in TypeScript reads them. All in double precision.

import { multiplyAdd } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelBytes } from "../../panels/panel";

/** Places of a slot's sums in bytes; rest and moved of d doubles follow, then what is kept by threshold. */
export const KNOWN: usize = 0;
export const DRAWN: usize = KNOWN + 8;
const TOTAL: usize = DRAWN + 8;
export const LARGEST_CENTRE: usize = TOTAL + 8;
export const ALL_CENTRES: usize = LARGEST_CENTRE + 8;
export const SHARES: usize = ALL_CENTRES + 8;
export const BY_INPUT: usize = SHARES + 8;

/**
 * Adds a run to the sums of the threshold that it is within.
 * @param input the row's A1_j, a panel apart; z: the sum of its pairs, which `all` makes the gradient's
 * @param W the bound on the run
 */
export function addRun(d: i32, totals: usize, input: usize, z: usize, W: f64, all: f64, centre: f64, unit: f64): void {
	store<f64>(totals + TOTAL, load<f64>(totals + TOTAL) + W);
	let step = 0;
	for (let most = unit; W > most; most *= 2) if (++step == PAIR_THRESHOLDS) return;
	if (!(W >= 0)) return;
	const byStep = totals + BY_INPUT + (<usize>(2 * d) << 3) + (<usize>step << 3), kind = <usize>PAIR_THRESHOLDS << 3;
	store<f64>(byStep, load<f64>(byStep) + W);
	store<f64>(byStep + kind, load<f64>(byStep + kind) + (W - centre) * (W - centre));
	store<f64>(byStep + 2 * kind, load<f64>(byStep + 2 * kind) + centre * centre);
	const entries = <usize>(d * d) << 3;
	let sum = totals + BY_INPUT + (<usize>(2 * d) << 3) + 3 * kind + <usize>step * entries;
	const toSquares = PAIR_THRESHOLDS * entries;
	const even = z + ((<usize>d >> 1) << 4);
	for (let i = 0; i < d; i++) {
		const outer = all * load<f64>(input + <usize>i * panelBytes()), both = v128.splat<f64>(outer);
		let at = z;
		for (; at < even; at += 16, sum += 16) {
			const Y = v128.mul<f64>(both, v128.load(at)), square = sum + toSquares;
			v128.store(sum, v128.add<f64>(v128.load(sum), Y));
			v128.store(square, multiplyAdd<f64>(Y, Y, v128.load(square)));
		}
		if (!(d & 1)) continue;
		const Y = outer * load<f64>(at);
		store<f64>(sum, load<f64>(sum) + Y);
		store<f64>(sum + toSquares, load<f64>(sum + toSquares) + Y * Y);
		sum += 8;
	}
}
