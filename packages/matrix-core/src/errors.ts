import { printable } from "./text/printable.ts";

/**
 * A mistake in what the user gave: a call, an option, a file. Shown as one line without a stack; the command exits 2.
 * The message is lower-case and names the thing, what was expected and what was got.
 */
export class UsageError extends Error {
	override name = "UsageError";

	/** @param message one line; control characters, as names of files may hold, are shown escaped */
	constructor(message: string, options?: ErrorOptions) {
		super(printable(message), options);
	}
}

/** Why a computation that was asked for correctly did not give a result. */
export type FailureStatus = "failed" | "timeout" | "out-of-memory" | "skipped" | "invalid";

/**
 * A computation that was asked for correctly and could not be done: a normaliser that is not positive, an error bound
 * out of reach, memory that cannot grow. Shown as one line; the command exits 1; a sweep writes `status` and the
 * message as the row's reason.
 */
export class ComputationError extends Error {
	override name = "ComputationError";
	readonly status: FailureStatus;

	constructor(status: FailureStatus, message: string) {
		super(printable(message));
		this.status = status;
	}
}
