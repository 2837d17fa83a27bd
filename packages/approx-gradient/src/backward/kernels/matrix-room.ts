import { copyNumbers } from "@attgrad/matrix-core";
import type { Part, Room } from "../part.ts";
import type { PartResults } from "../part-results.ts";

/** Room for the results of a part: dK and dV have that of dQ and of the output, or their own. */
export function matricesIn(
	{ d, d_v, group, queries, keys }: Part,
	outputRoom: Float64Array,
	sharesRoom: boolean,
	room: Room,
): Pick<PartResults, "output" | "dQ" | "dK" | "dV"> {
	const rows = group * queries;
	const gradients = room((sharesRoom ? Math.max(rows, keys) : rows) * d);
	return {
		...{ dQ: gradients.subarray(0, rows * d), output: outputRoom.subarray(0, rows * d_v) },
		dK: sharesRoom ? gradients.subarray(0, keys * d) : room(keys * d),
		dV: sharesRoom ? outputRoom.subarray(0, keys * d_v) : room(keys * d_v),
	};
}

/** Sets dK and dV to 0. */
export function clearKeys({ dK, dV }: PartResults): void {
	dK.fill(0);
	dV.fill(0);
}

/** Begins dK and dV: with what exact rows add to them, or with 0. */
export function beginKeys(results: PartResults, exact: Pick<PartResults, "dK" | "dV"> | undefined): void {
	if (exact) {
		copyNumbers(exact.dK, results.dK);
		copyNumbers(exact.dV, results.dV);
	} else clearKeys(results);
}
