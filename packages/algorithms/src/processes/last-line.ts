/** Most characters of a line that are kept: more times than any budget has room for. */
const mostKept = 2 ** 26;

/** Keeps the last line of a text that comes in pieces, however long it is, and nothing before it. Empty lines do not count. */
export class LastLine {
	#pieces: string[] = [];
	#length = 0;
	/** Whether the line that is kept has its line end. */
	#isComplete = false;

	add(piece: string): void {
		const content = piece.trimEnd();
		if (content !== "") {
			const start = content.lastIndexOf("\n") + 1;
			if (start > 0 || this.#isComplete) this.#clear();
			this.#keep(content.slice(start));
		}
		const blank = piece.slice(content.length);
		if (blank.includes("\n")) this.#isComplete = this.#length > 0;
		else if (!this.#isComplete) this.#keep(blank);
	}

	/** The line, without blanks around it. */
	get text(): string {
		return this.#pieces.join("").trim();
	}

	#clear(): void {
		this.#pieces = [];
		this.#length = 0;
		this.#isComplete = false;
	}

	#keep(text: string): void {
		if (text === "" || this.#length + text.length > mostKept) return;
		this.#pieces.push(text);
		this.#length += text.length;
	}
}
