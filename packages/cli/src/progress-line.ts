/** Milliseconds between two reports where standard error is no terminal: a log should not fill up. */
const LOG_EVERY = 10_000;

/** What of a stream the line needs. */
export interface ProgressStream {
	readonly isTTY?: boolean;
	write(text: string): unknown;
}

/**
 * Tells on standard error how far a computation is, and how many rows a second it takes: a line that is overwritten on a
 * terminal, and elsewhere a line every ten seconds. Rows that begin anew are timed anew.
 * @param now the clock, milliseconds
 */
export function progressLine(stream: ProgressStream = process.stderr, now = () => performance.now()) {
	const first = now();
	let start = first;
	let previous = 0;
	let next = first + LOG_EVERY;
	let shown = false;
	return {
		show(done: number, total: number): void {
			const time = now();
			if (done < previous) start = time;
			previous = done;
			if (!stream.isTTY && time < next) return;
			const rate = time > start ? `, ${Math.round((1000 * done) / (time - start)).toLocaleString("en")} rows/s` : "";
			const text = `${Math.floor((100 * done) / total)} % of the rows${rate}`;
			stream.write(stream.isTTY ? `\r${text}\x1b[K` : `${text}\n`);
			shown = Boolean(stream.isTTY);
			next = time + LOG_EVERY;
		},
		clear(): void {
			if (shown) stream.write("\r\x1b[K");
			shown = false;
		},
	};
}
