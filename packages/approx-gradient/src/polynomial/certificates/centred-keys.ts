import type { AttentionProblem } from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";
import { keyBlocks } from "../../rows/row-blocks.ts";
import type { Profile } from "../profile/profile.ts";

/** A key about its centre with its weight and value; overwritten by the next. */
export interface CentredKey {
	/** k_l = A2_l - μ. */
	readonly point: Float64Array;
	/** h_l. */
	readonly value: Float64Array;
	/** ω_l = e^<ν, k_l>. */
	weight: number;
}

/** Rows a block. */
const BLOCK_ROWS = 256;

/** The keys of a problem one by one, about the profile's centres, in double precision. */
export function* centredKeyRows(
	problem: AttentionProblem<RowSource>,
	{ d, queryCentre, keyCentre }: Profile,
): Generator<CentredKey, void, undefined> {
	const key: CentredKey = { point: new Float64Array(d), value: new Float64Array(d), weight: 1 };
	for (const block of keyBlocks(problem, BLOCK_ROWS)) {
		const [keys, values] = [block.keys.data, block.values.data];
		for (let l = 0; l < block.count; l++) {
			let exponent = 0;
			for (let b = 0; b < d; b++) {
				key.point[b] = keys[l * d + b] - keyCentre[b];
				key.value[b] = values[l * d + b];
				exponent += queryCentre[b] * key.point[b];
			}
			key.weight = Math.exp(exponent);
			yield key;
		}
	}
}
