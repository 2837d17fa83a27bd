import { fstatSync } from "node:fs";
import { Socket } from "node:net";

/** Bytes of one read: as many as Linux lets a pipe hold. */
const PIECE = 2 ** 20;

/**
 * The pieces of standard input. Those of a pipe or a socket all lie in the same memory: each is valid until the next is asked for. A stream of Node
 * would take new memory for each, and collecting that takes longer than reading it.
 */
export function standardInput(): AsyncIterable<Uint8Array> {
	const kind = fstatSync(0);
	if (process.platform === "win32" || !(kind.isFIFO() || kind.isSocket())) return process.stdin;
	return { [Symbol.asyncIterator]: () => new Pieces() };
}

class Pieces implements AsyncIterator<Uint8Array> {
	readonly #socket: Socket;
	/** The piece that has arrived but was not asked for yet. */
	#arrived: IteratorResult<Uint8Array> | undefined;
	#failure: Error | undefined;
	#wake: (() => void) | undefined;

	constructor() {
		const buffer = Buffer.allocUnsafe(PIECE);
		const callback = (count: number) => {
			this.#arrive({ done: false, value: buffer.subarray(0, count) });
			// nothing more until the piece is used
			return false;
		};
		this.#socket = new Socket({ fd: 0, readable: true, writable: false, onread: { buffer, callback } });
		this.#socket.on("end", () => this.#arrive({ done: true, value: undefined }));
		this.#socket.on("error", (error) => {
			this.#failure = error;
			this.#wake?.();
		});
		this.#socket.pause();
	}

	async next(): Promise<IteratorResult<Uint8Array>> {
		if (!this.#arrived && !this.#failure) {
			const arrival = new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
			this.#socket.resume();
			await arrival;
		}
		if (!this.#arrived) throw this.#failure;
		const piece = this.#arrived;
		// the end stays the end
		if (!piece.done) this.#arrived = undefined;
		return piece;
	}

	#arrive(piece: IteratorResult<Uint8Array>): void {
		this.#arrived = piece;
		this.#wake?.();
	}
}
