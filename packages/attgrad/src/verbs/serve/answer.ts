import { type ArrayToWrite, encodeArray } from "@attgrad/attention-problem";
import { ComputationError, describeSystemError, UsageError } from "@attgrad/matrix-core";
import type { Unreadable } from "./request.ts";

/** The answer of a method: an object for JSON, and arrays by their names. */
export interface Answer {
	readonly result: object;
	readonly arrays?: Readonly<Record<string, ArrayToWrite>>;
}

/** The bytes of an answer: a line of JSON, then the arrays in its order. */
export function answerBytes(id: unknown, { result, arrays = {} }: Answer): Uint8Array[] {
	const encoded = Object.entries(arrays).map(([name, array]) => ({ name, pieces: encodeArray(array) }));
	const lengths = encoded.map(({ name, pieces: [header, numbers] }) => ({
		name,
		bytes: header.length + numbers.length,
	}));
	return [lineOf({ id, result, arrays: lengths }), ...encoded.flatMap(({ pieces }) => pieces)];
}

/** The bytes of an answer that tells why there is none. */
export function errorBytes({ id, kind, message }: Omit<Unreadable, "kind"> & { readonly kind: string }): Uint8Array[] {
	return [lineOf({ id, error: { kind, message }, arrays: [] })];
}

const lineOf = (value: object): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`);

/** The kind and the message of a failure: `usage`, `computation` or `bug`. */
export function describeServeFailure(failure: unknown): { readonly kind: string; readonly message: string } {
	const refusal = failure instanceof UsageError ? failure.message : describeSystemError(failure);
	if (refusal !== undefined) return { kind: "usage", message: refusal };
	if (failure instanceof ComputationError) return { kind: "computation", message: failure.message };
	if (failure instanceof RangeError && /allocation failed|array( buffer)? length/i.test(failure.message))
		return { kind: "computation", message: `out of memory: ${failure.message}` };
	return { kind: "bug", message: failure instanceof Error ? (failure.stack ?? failure.message) : String(failure) };
}
