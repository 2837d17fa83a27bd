import { kernelConstants } from "../../polynomial/kernels/kernel-constants.ts";
import { putNumbers } from "../../polynomial/kernels/kernel-operands.ts";
import {
	boundsBySeen,
	boundsOf,
	floorsBySeen,
	lostBelow,
	type PartBounds,
	SLACK,
	seesAll,
	shareKey,
} from "../part-bounds.ts";
import type { KernelPart } from "./kernel-part.ts";
import type { OperatorKernels } from "./kernel-tables.ts";
import { segmentsOf } from "./segments.ts";

/** Queries that one task finishes. */
const PIECE = 1024;

const u = 2 ** -53;

/** Numbers that `finishQueries` gives of rows, behind the sums: the largest rounding in a bound of dQ, bounds of dQ and of the output, rounding in the latter, κ, |dQ|. */
const LARGEST = 6;

/**
 * Brings outputs, lse, dQ and the bounds of queries into the units of the problem, after the sweep over queries and exact rows; gives a way to
 * the bounds of each part, as `partBounds` makes them in plain TypeScript: they need the part's queries and bounds of rows as they are now.
 */
export async function finishQueries(
	kernels: OperatorKernels,
	parts: readonly KernelPart[],
): Promise<() => PartBounds[]> {
	return kernels.scope(async () => {
		const lost = parts.map(({ part }) => lostBelow(part));
		const plans = parts.map((own, i) => {
			const pieces = segmentsOf(own.part.group * own.part.queries, PIECE);
			const length = 2 * (own.part.d + own.part.d_v) + LARGEST;
			const out = kernels.view("f64", kernels.allocate("f64", pieces.length * length), pieces.length * length);
			return { pieces, length, out, results: putResults(kernels, own, lost[i]) };
		});
		const { d, d_v } = parts[0].part;
		await kernels.run(
			"finishQueries",
			plans.flatMap(({ pieces, length, out, results }) =>
				pieces.map((piece, i) => ({ ...piece, results, out: out.byteOffset + 8 * i * length })),
			),
			{ scratch: 64 * (4 * (d + d_v) + 1 + LARGEST + kernelConstants.BOUND_PANELS) },
		);
		const sums = plans.map(({ out, length }) => joined(out, length));
		for (const [i, { results }] of parts.entries()) results.sizes = { dQ: sums[i][sums[i].length - 1], dK: 0, dV: 0 };
		return () => parts.map((own, i) => boundsOfQueries(own, lost[i], sums[i]));
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

/** Results of all pieces: sums, and behind them largest numbers. */
function joined(out: Float64Array, length: number): Float64Array {
	const all = new Float64Array(length);
	for (let at = 0; at < out.length; at += length)
		for (let i = 0; i < length; i++)
			all[i] = i < length - LARGEST ? all[i] + out[at + i] : Math.max(all[i], out[at + i]);
	return all;
}

function boundsOfQueries({ part, results, seen }: KernelPart, lost: number, sums: Float64Array): PartBounds {
	const { d, d_v } = part;
	const [score, scoreFloor, weight, weightFloor, largest] = [0, d, 2 * d, 2 * d + d_v, 2 * (d + d_v)];
	// The rounding of sums over all queries.
	const more = SLACK * (1 + 2 * u * part.group * part.queries);
	const most = (from: number, count: number): number =>
		sums.subarray(from, from + count).reduce((most, x) => Math.max(most, more * x), 0);
	const { errors } = results;
	const [queryFloor, ...ofRows] = sums.subarray(largest, largest + LARGEST - 1);
	const [dQ, output, outputFloor, kappa] = ofRows.map((bound) => (bound >= 0 ? bound : Number.POSITIVE_INFINITY));
	return boundsOf(
		part,
		lost,
		{
			...(seesAll(part, seen)
				? { score: most(score, d), weight: most(weight, d_v) }
				: boundsBySeen(part, seen, errors)),
			// Of rounding the largest sum counts alone.
			...(shareKey(part, seen)
				? { scoreFloor: most(scoreFloor, d), weightFloor: most(weightFloor, d_v) }
				: floorsBySeen(part, seen, errors)),
		},
		{ rows: { dQ: errors.query, output: errors.output }, largest: { dQ, output }, queryFloor, outputFloor, kappa },
	);
}
