import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Matrix, materialise } from "@attgrad/matrix-core";
import { loadArray, openArrays } from "../numpy/array-file.ts";
import type { BackwardProblem } from "../operator/operands.ts";
import { openBackwardProblem } from "../operator/operands-file.ts";
import type { Visibility } from "../operator/visibility.ts";

/** A backward problem with answers that were worked out in extended precision. */
export interface BackwardCase {
	readonly name: string;
	readonly problem: BackwardProblem;
	readonly answers: Readonly<Record<"O" | "dQ" | "dK" | "dV", Matrix>>;
	/** A number for each query of each head. */
	readonly lse: Float64Array;
}

const folder = (): string => fileURLToPath(new URL("../../fixtures/backward/", import.meta.url));

/** Path of the archive of a backward case. */
export const backwardCasePath = (name: string): string => `${folder()}${name}.npz`;

/** Names and visibilities of the backward cases. */
export function backwardCaseNames(): { readonly name: string; readonly visibility: Visibility }[] {
	const cases = JSON.parse(readFileSync(`${folder()}cases.json`, "utf8")) as Record<
		string,
		{ mask: "none" | "causal"; window: number | null; lengths: number[] | null }
	>;
	return Object.entries(cases).map(([name, { mask, window, lengths }]) => ({
		name,
		visibility: { mask, ...(window !== null && { window }), ...(lengths !== null && { lengths }) },
	}));
}

/** The reference cases of the backward pass, in memory: masks, windows, packed sequences, heads, groups, large scores. */
export async function backwardCases(): Promise<BackwardCase[]> {
	return Promise.all(
		backwardCaseNames().map(async ({ name, visibility: { mask, window } }) => {
			const file = await openBackwardProblem(backwardCasePath(name), { mask, window });
			const { operands } = file;
			const { Q, K, V, dO } = operands;
			const given = { Q: materialise(Q), K: materialise(K), V: materialise(V), dO: materialise(dO) };
			file.close();
			return { name, problem: { ...operands, ...given }, ...readAnswers(backwardCasePath(`${name}-ref`)) };
		}),
	);
}

function readAnswers(path: string): Pick<BackwardCase, "answers" | "lse"> {
	const files = openArrays(path);
	const array = (name: string) => {
		const found = files.arrays.find((array) => array.name === name);
		if (!found) throw new Error(`${path}: no ${name}`);
		return found;
	};
	const [O, dQ, dK, dV] = ["O", "dQ", "dK", "dV"].map((name) => loadArray(array(name))) as [
		Matrix,
		Matrix,
		Matrix,
		Matrix,
	];
	// lse is −infinity where a query sees no key, which no matrix of a problem may hold: it is read as it is.
	const { header, file, place } = array("lse");
	if (place.kind !== "stored") throw new Error(`${path}: lse is not stored`);
	const lse = new Float64Array(file.read(place.position, header.dataLength).buffer);
	files.close();
	return { answers: { O, dQ, dK, dV }, lse };
}
