import { kernelConstants } from "../../polynomial/kernels/kernel-constants.ts";
import { putNumbers } from "../../polynomial/kernels/kernel-operands.ts";
import {
	boundsBySeen,
	boundsOf,
	floorsBySeen,
	largestOf,
	lostBelow,
	type PartBounds,
	SLACK,
	type SummedBounds,
	seesAll,
	shareKey,
} from "../part-bounds.ts";
import type { KernelPart } from "./kernel-part.ts";
import type { OperatorKernels } from "./kernel-tables.ts";
import { segmentsOf } from "./segments.ts";

/** Queries that one task finishes. */
const PIECE = 1024;

const u = 2 ** -53;

/**
 * Brings outputs, lse, dQ and the bounds of queries into the units of the problem, after the sweep over queries and exact rows; gives the
 * bounds of each part, as `partBounds` does in plain TypeScript.
 */
export async function finishQueries(kernels: OperatorKernels, parts: readonly KernelPart[]): Promise<PartBounds[]> {
	return kernels.scope(async () => {
		const lost = parts.map(({ part }) => lostBelow(part));
		const plans = parts.map((own, i) => {
			const pieces = segmentsOf(own.part.group * own.part.queries, PIECE);
			const length = 2 * (own.part.d + own.part.d_v) + 1;
			const out = kernels.view("f64", kernels.allocate("f64", pieces.length * length), pieces.length * length);
			return { pieces, length, out, results: putResults(kernels, own, lost[i]) };
		});
		const { d, d_v } = parts[0].part;
		await kernels.run(
			"finishQueries",
			plans.flatMap(({ pieces, length, out, results }) =>
				pieces.map((piece, i) => ({ ...piece, results, out: out.byteOffset + 8 * i * length })),
			),
			{ scratch: 64 * (4 * (d + d_v) + 2 + kernelConstants.BOUND_PANELS) },
		);
		return parts.map((own, i) => boundsOfQueries(own, lost[i], joined(plans[i].out, plans[i].length)));
	});
}

/** Puts a part's `QueryResults` into the memory. */
function putResults(kernels: OperatorKernels, { part, results }: KernelPart, lost: number): number {
	const { d, d_v, group, queries, q, upstream, nu, scale, keyScale, keyCentre, valueCentre } = part;
	const factor = scale / keyScale;
	const numbers = [
		...[factor, SLACK * Math.abs(factor), SLACK, lost],
		...[...nu, ...keyCentre.map((x) => x * keyScale), ...valueCentre],
	];
	return kernels.allocateStruct("QueryResults", {
		...{ d, dv: d_v, rows: group * queries, numbers: putNumbers(kernels, "f64", numbers) },
		...{ q: q.byteOffset, dO: upstream.byteOffset, dQ: results.dQ.byteOffset, output: results.output.byteOffset },
		...{ lse: results.lse.byteOffset, errors: results.errors.query.byteOffset },
	});
}

/** Results of all pieces: sums, and behind them a largest number. */
function joined(out: Float64Array, length: number): Float64Array {
	const all = new Float64Array(length);
	for (let at = 0; at < out.length; at += length)
		for (let i = 0; i < length; i++) all[i] = i < length - 1 ? all[i] + out[at + i] : Math.max(all[i], out[at + i]);
	return all;
}

function boundsOfQueries({ part, results, seen }: KernelPart, lost: number, sums: Float64Array): PartBounds {
	const { d, d_v, keys } = part;
	const [score, scoreFloor, weight, weightFloor, largest] = [0, d, 2 * d, 2 * d + d_v, 2 * (d + d_v)];
	// The rounding of sums over all queries.
	const more = SLACK * (1 + 2 * u * part.group * part.queries);
	const all = (from: number, count: number): Float64Array =>
		new Float64Array(keys).fill(sums.subarray(from, from + count).reduce((most, x) => Math.max(most, more * x), 0));
	const { errors } = results;
	const floors = { scoreFloor: all(scoreFloor, d), weightFloor: all(weightFloor, d_v) };
	const sumsOf: SummedBounds = {
		...(seesAll(part, seen) ? { score: all(score, d), weight: all(weight, d_v) } : boundsBySeen(part, seen, errors)),
		// Of rounding the largest sum counts alone.
		...(shareKey(part, seen) ? floors : floorsBySeen(part, seen, errors)),
	};
	const { query: dQ, output, outputFloor, kappa } = errors;
	const ofOutput = { output, outputFloor: largestOf(outputFloor), kappa: largestOf(kappa) };
	return boundsOf(part, lost, sumsOf, { dQ, queryFloor: sums[largest], ...ofOutput });
}
