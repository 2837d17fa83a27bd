import { constants } from "node:os";

/** Signals that ask a program to end in its own way. */
const asking = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A request from outside to stop. */
export interface StopRequest extends Disposable {
	/** Aborted by the first such signal; a second one ends the process at once. */
	readonly signal: AbortSignal;
	/** The exit code that a shell expects of a program stopped by this signal: 130 for Ctrl-C. */
	readonly exitCode: number;
}

/** Turns SIGINT (Ctrl-C), SIGTERM and SIGHUP into an abort signal until it is disposed of. */
export function onStopSignals(): StopRequest {
	const controller = new AbortController();
	let exitCode = 0;
	const stop = (name: NodeJS.Signals) => {
		exitCode = 128 + constants.signals[name];
		controller.abort();
		release();
	};
	const release = () => {
		for (const name of asking) process.off(name, stop);
	};
	for (const name of asking) process.on(name, stop);
	return {
		signal: controller.signal,
		get exitCode() {
			return exitCode;
		},
		[Symbol.dispose]: release,
	};
}
