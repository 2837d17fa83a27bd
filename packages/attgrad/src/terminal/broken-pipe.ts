import { describeSystemError } from "@attgrad/matrix-core";

/**
 * Ends the command without a message when a reader closes the pipe early (`attgrad list | head -1`), and with one line when
 * standard output cannot be written, as on a full disk.
 */
export function endQuietlyOnBrokenPipe(): void {
	process.stdout.on("error", (error: NodeJS.ErrnoException) => {
		if (error.code === "EPIPE") process.exit();
		console.error(`attgrad: ${describeSystemError(error) ?? error.message}`);
		process.exit(2);
	});
}
