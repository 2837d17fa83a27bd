/** Lets a reader that closes the pipe early (`attgrad list | head -1`) end the command without a message. */
export function endQuietlyOnBrokenPipe(): void {
	process.stdout.on("error", (error: NodeJS.ErrnoException) => {
		if (error.code !== "EPIPE") throw error;
		process.exit();
	});
}
