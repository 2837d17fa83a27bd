import { ComputationError, describeSystemError, printable, UsageError } from "@attgrad/matrix-core";

/**
 * Writes why the command failed to standard error and sets the exit code.
 * A UsageError, or a refusal of the operating system, is one line and 2; a ComputationError, or memory that ran out, one
 * line and 1; anything else is a bug of the command: its stack and 1.
 */
export function reportFailure(failure: unknown, command: string): void {
	const refusal = failure instanceof UsageError ? failure.message : describeSystemError(failure);
	if (refusal !== undefined) {
		console.error(`${command}: ${oneLine(refusal)}`);
		process.exitCode = 2;
		return;
	}
	process.exitCode = 1;
	if (failure instanceof ComputationError) console.error(`${command}: ${oneLine(failure.message)}`);
	else if (isOutOfMemory(failure)) console.error(`${command}: out of memory: ${oneLine(failure.message)}`);
	else {
		console.error(failure);
		console.error(`${command}: this is a bug, not a mistake of yours: please report it with the lines above`);
	}
}

/** Whether V8 threw it because an array does not fit into memory. */
function isOutOfMemory(failure: unknown): failure is RangeError {
	return (
		failure instanceof RangeError && /allocation failed|invalid (typed )?array( buffer)? length/i.test(failure.message)
	);
}

/** Text on one line that a terminal shows as it is: names of files may hold control characters. */
function oneLine(text: string): string {
	return printable(text.replaceAll(/\s*\n\s*/g, " "));
}
