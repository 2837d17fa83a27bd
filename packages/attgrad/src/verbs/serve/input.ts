/** Standard input ended in the middle of a request. */
export class TruncatedInput extends Error {
	override name = "TruncatedInput";
}

/** Reads lines and runs of bytes from a stream of chunks, each of which is valid until the next is asked for. */
export class Input {
	readonly #chunks: AsyncIterator<Uint8Array>;
	/** The bytes that are received but not read yet. */
	#rest: Uint8Array = new Uint8Array();

	constructor(chunks: AsyncIterable<Uint8Array>) {
		this.#chunks = chunks[Symbol.asyncIterator]();
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

	/** The next `length` bytes, in memory of their own. @throws TruncatedInput where there are fewer */
	async bytes(length: number): Promise<Uint8Array> {
		const bytes = new Uint8Array(length);
		await this.#take(length, (piece, at) => bytes.set(piece, at));
		return bytes;
	}

	/** Reads `length` bytes and keeps none. @throws TruncatedInput where there are fewer */
	async skip(length: number): Promise<void> {
		await this.#take(length, () => {});
	}

	async #take(length: number, use: (piece: Uint8Array, at: number) => void): Promise<void> {
		for (let at = 0; at < length; ) {
			if (this.#rest.length === 0 && !(await this.#receive()))
				throw new TruncatedInput(`the input ends ${length - at} bytes before the end of a request`);
			const piece = this.#rest.subarray(0, length - at);
			use(piece, at);
			at += piece.length;
			this.#rest = this.#rest.subarray(piece.length);
		}
	}

	/** Waits for the next chunk; false at the end of the input. */
	async #receive(): Promise<boolean> {
		const { done, value } = await this.#chunks.next();
		if (done) return false;
		this.#rest = value;
		return true;
	}
}

const NEWLINE = 10;
