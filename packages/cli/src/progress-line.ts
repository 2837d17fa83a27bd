/** A line on standard error that tells how far a computation is; nothing where standard error is not a terminal. */
export function progressLine(stream = process.stderr) {
	let shown = false;
	return {
		show(done: number, total: number): void {
			if (!stream.isTTY) return;
			shown = true;
			stream.write(`\r${Math.floor((100 * done) / total)} % of the rows `);
		},
		clear(): void {
			if (shown) stream.write("\r\x1b[K");
			shown = false;
		},
	};
}
