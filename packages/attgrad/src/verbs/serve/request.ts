import { UsageError } from "@attgrad/matrix-core";
import { z } from "zod";
import { ArrayMemory } from "./array-memory.ts";
import type { Input } from "./input.ts";

/** Most bytes of the line of a request, and most arrays behind it. */
const MOST = { line: 2 ** 24, arrays: 16 };

/** A request: what is asked, and arrays as `.npy` bytes by their names. */
export interface ServeRequest {
	readonly id: unknown;
	readonly method: string;
	/** Without those that are null. */
	readonly params: Readonly<Record<string, unknown>>;
	/** Valid until the next request is read: all requests are read into the same memory. */
	readonly arrays: ReadonlyMap<string, Uint8Array>;
}

/** A request that cannot be answered: the reason, and its id where that could be read. */
export interface Unreadable {
	readonly id: unknown;
	/** `protocol`: it is not known where the next request begins. `usage`: the request is wrong, and all of it has been read. */
	readonly kind: "protocol" | "usage";
	readonly message: string;
}

/** The part of a line that says how many bytes follow it. */
const frame = z.object({
	arrays: z.array(z.object({ name: z.unknown().optional(), bytes: z.int().min(0) })).default([]),
});

/** Requests from an input, one after the other. */
export class Requests {
	readonly #input: Input;
	readonly #mostBytes: number;
	readonly #memory = new ArrayMemory();
	/** Whether the next line may be in the middle of arrays that were not announced. */
	#lost = false;

	/** @param mostBytes of the arrays of a request */
	constructor(input: Input, mostBytes: number) {
		this.#input = input;
		this.#mostBytes = mostBytes;
	}

	/**
	 * The next request, or why it cannot be read; undefined at the end of the input. No memory is taken for arrays before their
	 * lengths have been checked.
	 * @throws TruncatedInput where the input ends within a request
	 */
	async next(): Promise<ServeRequest | Unreadable | undefined> {
		for (;;) {
			const line = await this.#input.line(MOST.line);
			if (line === undefined) return undefined;
			if (line.length === 0 || (this.#lost && !mayBeRequest(line))) continue;
			const read = readLine(line);
			this.#lost = "kind" in read;
			return "kind" in read ? read : this.#readArrays(read.given, read.arrays);
		}
	}

	async #readArrays(given: Record<string, unknown>, lengths: Lengths): Promise<ServeRequest | Unreadable> {
		const total = lengths.reduce((sum, { bytes }) => sum + bytes, 0);
		const wrong = this.#refusal(given, lengths, total);
		const { id = null, method, params } = given;
		if (wrong !== undefined) {
			await this.#input.skip(total);
			return { id, kind: "usage", message: wrong };
		}
		const memory = this.#memory.take(lengths.map(({ bytes }) => bytes));
		for (const array of memory) await this.#input.fill(array);
		const arrays = new Map(lengths.map(({ name }, i) => [String(name), memory[i]]));
		const set = Object.entries((params ?? {}) as object).filter(([, value]) => value !== null);
		return { id, method: String(method), params: Object.fromEntries(set), arrays };
	}

	/** Why a request whose bytes can be told is refused before they are read. */
	#refusal({ method, params = {} }: Record<string, unknown>, lengths: Lengths, total: number): string | undefined {
		const names = lengths.map(({ name }) => name);
		const odd = names.find((name, i) => typeof name !== "string" || names.indexOf(name) !== i);
		if (typeof method !== "string") return `method must be text, got ${shown(method)}`;
		if (params !== null && (typeof params !== "object" || Array.isArray(params)))
			return `params must be an object, got ${shown(params)}`;
		if (odd !== undefined) return `arrays must have names, each its own, got ${shown(odd)}`;
		if (lengths.length > MOST.arrays) return `a request may have ${MOST.arrays} arrays, got ${lengths.length}`;
		if (total > this.#mostBytes)
			return `the arrays of a request may take ${this.#mostBytes} bytes (attgrad serve --memory), got ${total}`;
		return undefined;
	}
}

type Lengths = z.output<typeof frame>["arrays"];

function readLine(line: Uint8Array): Unreadable | { given: Record<string, unknown>; arrays: Lengths } {
	const unreadable = (message: string, id: unknown = null): Unreadable => ({ id, kind: "protocol", message });
	if (line.length > MOST.line) return unreadable(`the line of a request may have ${MOST.line} bytes`);
	let given: unknown;
	try {
		given = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
	} catch {
		return unreadable("a request must be a line of JSON");
	}
	if (typeof given !== "object" || given === null || Array.isArray(given))
		return unreadable(`a request must be a JSON object, got ${shown(given)}`);
	const { id = null } = given as Record<string, unknown>;
	const read = frame.safeParse(given);
	const total = read.data?.arrays.reduce((sum, { bytes }) => sum + bytes, 0);
	if (!read.success || !Number.isSafeInteger(total))
		return unreadable("arrays must be a list of {name, bytes}, the bytes whole numbers >= 0", id);
	return { given: given as Record<string, unknown>, arrays: read.data.arrays };
}

/** Whether a line that comes after one that could not be read may begin a request: `{`, and nothing that no text holds. */
function mayBeRequest(line: Uint8Array): boolean {
	return line[0] === 0x7b && line.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0d);
}

/** A value of a request for a message. */
export function shown(value: unknown): string {
	const text = value === undefined ? "nothing" : JSON.stringify(value);
	return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** @throws UsageError naming the parameter, with what was got */
export function refuseParameter(name: string, wanted: string, got: unknown): never {
	throw new UsageError(`${name} must be ${wanted}, got ${shown(got)}`);
}
