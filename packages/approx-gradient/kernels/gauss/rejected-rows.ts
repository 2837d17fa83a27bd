// Rows of a panel that the method with row polynomials leaves to the exact one.

import { panelBytes, panelRows } from "../panels/panel";
import { acceptedOf } from "./acceptance";

/** Row r of `columns` panels to zero. */
// @ts-ignore: decorator
@inline
export function clearRow<T>(panel: usize, columns: i32, r: i32): void {
	for (let i = 0; i < columns; i++, panel += panelBytes()) store<T>(panel + <usize>r * sizeof<T>(), <T>0);
}

/**
 * Rows that are not accepted: N = (0, 1), and 1 in `flags`; rows beyond `count` likewise without a flag. Gives how many rows of the first
 * `count` there are.
 */
export function rejectRows<T>(d: i32, count: i32, keptPanels: usize, keptStep: usize, N: usize, flags: usize): i32 {
	const P = panelBytes();
	let rejected = 0;
	for (let r = 0; r < panelRows<T>(); r++) {
		const inPart = panelRows<f64>(), part = <usize>(r / inPart), lane = acceptedOf(keptPanels + part * keptStep) + (<usize>(r % inPart) << 3);
		const inside = r < count, taken = load<u64>(lane) != 0;
		if (inside && taken) continue;
		if (inside) {
			store<u8>(flags + r, 1);
			rejected++;
		}
		store<u64>(lane, 0);
		clearRow<T>(N, d, r);
		store<T>(N + <usize>d * P + <usize>r * sizeof<T>(), <T>1);
	}
	return rejected;
}

/** Whether a row of a panel is not accepted. */
// @ts-ignore: decorator
@inline
export function isRejected<T>(row: i32, keptPanels: usize, keptStep: usize): bool {
	const inPart = panelRows<f64>();
	return load<u64>(acceptedOf(keptPanels + <usize>(row / inPart) * keptStep) + (<usize>(row % inPart) << 3)) == 0;
}
