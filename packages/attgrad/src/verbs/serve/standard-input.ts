import { fstatSync } from "node:fs";
import { Socket } from "node:net";
import type { ByteStream } from "./input.ts";

/** Bytes of a piece: a line, and what has arrived behind it. */
const PIECE = 2 ** 16;

const NOTHING = new Uint8Array();

/**
 * The bytes of standard input. Those of a pipe or a socket are read straight into the memory that they are for; pieces all lie in the same memory. A
 * stream of Node would take new memory for each read, and collecting that takes longer than reading it.
 */
export function standardInput(): ByteStream {
	const kind = fstatSync(0);
	if (process.platform === "win32" || !(kind.isFIFO() || kind.isSocket())) return process.stdin[Symbol.asyncIterator]();
	return new PipedInput();
}

/** Reads only while bytes are asked for. */
class PipedInput implements ByteStream {
	readonly #socket: Socket;
	readonly #piece = new Uint8Array(PIECE);
	/** The bytes in the piece that were not asked for yet. */
	#left: Uint8Array = NOTHING;
	/** The part of the memory to fill that is still empty. */
	#empty: Uint8Array = NOTHING;
	#isEnded = false;
	#failure: Error | undefined;
	#wake: (() => void) | undefined;

	constructor() {
		const onread = {
			// called after each read, for where the next one goes
			buffer: () => (this.#empty.length > 0 ? this.#empty : this.#piece),
			callback: (count: number, buffer: Uint8Array) => this.#receive(count, buffer),
		};
		this.#socket = new Socket({ fd: 0, readable: true, writable: false, onread });
		this.#socket.on("end", () => {
			this.#isEnded = true;
			this.#wake?.();
		});
		this.#socket.on("error", (error) => {
			this.#failure = error;
			this.#wake?.();
		});
		this.#socket.pause();
	}

	async next(): Promise<IteratorResult<Uint8Array>> {
		if (this.#left.length === 0) await this.#more();
		const value = this.#left;
		this.#left = NOTHING;
		return value.length === 0 ? { done: true, value: undefined } : { done: false, value };
	}

	async fill(target: Uint8Array): Promise<number> {
		this.#empty = target;
		this.#fillFromPiece();
		if (this.#empty.length > 0) await this.#more();
		const filled = target.length - this.#empty.length;
		this.#empty = NOTHING;
		return filled;
	}

	/** Reads until the memory to fill is full, or a piece where there is none, or the input ends. */
	async #more(): Promise<void> {
		if (!this.#isEnded && !this.#failure) {
			const arrival = new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
			this.#socket.resume();
			await arrival;
		}
		if (this.#failure) throw this.#failure;
	}

	/** Takes what a read has brought; gives whether to go on reading. */
	#receive(count: number, buffer: Uint8Array): boolean {
		if (buffer === this.#piece) {
			this.#left = this.#piece.subarray(0, count);
			this.#fillFromPiece();
		} else this.#empty = this.#empty.subarray(count);
		if (this.#empty.length > 0) return true;
		this.#wake?.();
		return false;
	}

	#fillFromPiece(): void {
		const front = this.#left.subarray(0, this.#empty.length);
		this.#empty.set(front);
		this.#empty = this.#empty.subarray(front.length);
		this.#left = this.#left.subarray(front.length);
	}
}
