import { type DecodedArray, decodeArray } from "@attgrad/attention-problem";
import { UsageError } from "@attgrad/matrix-core";
import type { ServeRequest } from "./request.ts";

/**
 * The arrays of a request by their names, decoded: in the memory of the request, where their numbers are as they lie in memory.
 * @param needed names that must be there
 * @param usage what the arrays of the method are, for the message
 * @throws UsageError for an array that is missing, unknown or damaged
 */
export function readArrays<Name extends string>(
	{ arrays }: ServeRequest,
	needed: readonly Name[],
	usage: string,
): Record<Name, DecodedArray> {
	const unknown = [...arrays.keys()].filter((name) => !needed.some((known) => known === name));
	if (unknown.length > 0) throw new UsageError(`unknown array: ${unknown.join(", ")}; ${usage}`);
	const missing = needed.filter((name) => !arrays.has(name));
	if (missing.length > 0) throw new UsageError(`missing array: ${missing.join(", ")}; ${usage}`);
	const decoded = needed.map((name) => [name, decodeArray(arrays.get(name) ?? new Uint8Array(), name)]);
	return Object.fromEntries(decoded) as Record<Name, DecodedArray>;
}
