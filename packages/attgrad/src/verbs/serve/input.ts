/** Standard input ended in the middle of a request. */
export class TruncatedInput extends Error {
	override name = "TruncatedInput";
}

/** Bytes in pieces, each of which is valid until more is asked for. */
export interface ByteStream extends AsyncIterator<Uint8Array> {
	/**
	 * Puts the next bytes at the front of `target`, without a piece between; gives how many there were: fewer than it holds only at the end.
	 * @default pieces are copied
	 */
	fill?(target: Uint8Array): Promise<number>;
}

/** Reads lines and runs of bytes from a stream. */
export class Input {
	readonly #stream: ByteStream;
	/** The bytes that are received but not read yet. */
	#rest: Uint8Array = new Uint8Array();

	constructor(stream: ByteStream) {
		this.#stream = stream;
	}

	/**
	 * The next line without its end; undefined at the end of the input. Of a line that is longer than `most` bytes all is read, and as
	 * much and one byte more is returned.
	 * @throws TruncatedInput where the input ends within a line
	 */
	async line(most: number): Promise<Uint8Array | undefined> {
		const pieces: Uint8Array[] = [];
		let kept = 0;
		for (;;) {
			const end = this.#rest.indexOf(NEWLINE);
			const piece = this.#rest.subarray(0, end < 0 ? undefined : end).subarray(0, most + 1 - kept);
			pieces.push(Uint8Array.from(piece));
			kept += piece.length;
			this.#rest = end < 0 ? this.#rest.subarray(this.#rest.length) : this.#rest.subarray(end + 1);
			if (end >= 0) return Buffer.concat(pieces, kept);
			if (await this.#receive()) continue;
			if (kept === 0) return undefined;
			throw new TruncatedInput("the input ends within a line");
		}
	}

	/** Fills memory with the next bytes. @throws TruncatedInput where there are fewer */
	async fill(target: Uint8Array): Promise<void> {
		const front = this.#rest.subarray(0, target.length);
		target.set(front);
		this.#rest = this.#rest.subarray(front.length);
		const empty = target.subarray(front.length);
		if (!this.#stream.fill) return this.#take(empty.length, (piece, at) => empty.set(piece, at));
		const filled = empty.length === 0 ? 0 : await this.#stream.fill(empty);
		if (filled < empty.length) throw truncated(empty.length - filled);
	}

	/** Reads `length` bytes and keeps none. @throws TruncatedInput where there are fewer */
	async skip(length: number): Promise<void> {
		await this.#take(length, () => {});
	}

	async #take(length: number, use: (piece: Uint8Array, at: number) => void): Promise<void> {
		for (let at = 0; at < length; ) {
			if (this.#rest.length === 0 && !(await this.#receive())) throw truncated(length - at);
			const piece = this.#rest.subarray(0, length - at);
			use(piece, at);
			at += piece.length;
			this.#rest = this.#rest.subarray(piece.length);
		}
	}

	/** Waits for the next chunk; false at the end of the input. */
	async #receive(): Promise<boolean> {
		const { done, value } = await this.#stream.next();
		if (done) return false;
		this.#rest = value;
		return true;
	}
}

const NEWLINE = 10;

const truncated = (missing: number): TruncatedInput =>
	new TruncatedInput(`the input ends ${missing} bytes before the end of a request`);
