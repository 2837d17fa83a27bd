import { createBackwardProblem } from "@attgrad/attention-problem";
import { definitionBackward } from "@attgrad/exact-gradient";
import { Matrix } from "@attgrad/matrix-core";
import { expect } from "vitest";
import { doubles } from "./archives.ts";
import { type Answered, doublesOf, requestBytes, startServer } from "./serve-client.ts";

/** Entries that are unlike each other. */
export const wave = (phase: number) => (i: number) => Math.sin(1.7 * i + phase);
/** Arrays of a small layer. */
export const layer = {
	Q: doubles([7, 3], wave(1)),
	K: doubles([7, 3], wave(2)),
	V: doubles([7, 2], wave(3)),
	dO: doubles([7, 2], wave(4)),
};
const matrix = (rows: number, cols: number, phase: number) =>
	new Matrix(
		rows,
		cols,
		Float64Array.from({ length: rows * cols }, (_, i) => wave(phase)(i)),
	);
const truth = definitionBackward(
	createBackwardProblem(
		{ Q: matrix(7, 3, 1), K: matrix(7, 3, 2), V: matrix(7, 2, 3), dO: matrix(7, 2, 4) },
		{ visibility: { mask: "causal" } },
	),
);

/** A request for the backward pass of the layer; default: with a causal mask. */
export const backward = (id: unknown, params: object = { mask: "causal" }, arrays: object = layer) =>
	requestBytes({ id, method: "backward", params }, arrays as typeof layer);

/** Expects the gradients of the layer with a causal mask. */
export function expectTruth({ result, arrays }: Answered): void {
	expect(result).toMatchObject({ algorithm: "auto", chosen: { algorithm: "streaming" }, n_q: 7, mask: "causal" });
	for (const name of ["dQ", "dK", "dV"] as const) {
		const got = doublesOf(arrays[name]!);
		expect(got.length).toBe(truth[name].data.length);
		for (const [i, x] of got.entries()) expect(Math.abs(x - truth[name].data[i])).toBeLessThanOrEqual(1e-14);
	}
}

/** All answers to some bytes, after which the input ends. */
export async function answersTo(bytes: readonly Uint8Array[], flags: readonly string[] = [], piece?: number) {
	const server = startServer(...flags);
	await server.send(Buffer.concat(bytes), piece);
	return server.end();
}
