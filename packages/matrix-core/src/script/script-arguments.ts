// Arguments of the scripts of this repository: declared as data, from which calls are read and help is printed.
import { ComputationError, UsageError } from "../errors.ts";
import { printable } from "../text/printable.ts";
import { describeSystemError } from "../text/system-error.ts";
import { type Arguments, readArguments, type Script, type Values } from "./read-arguments.ts";
import { scriptHelp } from "./script-help.ts";

export * from "./argument.ts";

/**
 * The values of the arguments that this process was called with, by their names. For programs that are started by hand and not part
 * of the command `attgrad`; Node only.
 *
 * `--help` prints the help and ends the process with 0; a wrong call ends it with one line on standard error, `NAME: …`, and 2. So do
 * a UsageError that the script throws later and a refusal of the operating system, such as a file that is missing. A ComputationError
 * ends it with one line and 1, anything else with its stack and 1.
 *
 *     const { n, rounds, write } = scriptArguments({
 *       call: "node bench.ts",
 *       summary: "Measures the exact gradient.",
 *       options: {
 *         n: wholeNumbers("tokens", { default: [4096] }),
 *         rounds: wholeNumber("runs of each way", { default: 9 }),
 *         write: flag("write the table into docs/performance.md"),
 *       },
 *     });
 */
export function scriptArguments<P extends Arguments = Record<never, never>, O extends Arguments = Record<never, never>>(
	script: Script<P, O>,
): Values<P & O> {
	const name = nameOf(script.call);
	// A monitor sees what nobody catches before Node prints it, and leaves to Node what it does not end itself.
	process.on("uncaughtExceptionMonitor", (failure) => {
		const end = endOf(failure);
		if (!end) return;
		process.stderr.write(`${name}: ${printable(end.line)}\n`);
		process.exit(end.code);
	});
	const values = readArguments(script, process.argv.slice(2));
	if (values !== "help") return values;
	process.stdout.write(`${scriptHelp(script)}\n`);
	process.exit(0);
}

/** `attack` of `npm run attack`, `bench-heads` of `node packages/approx-gradient/bench-heads.ts`. */
const nameOf = (call: string): string => call.replace(/^.*[ /]/, "").replace(/\.ts$/, "");

/** The line and the exit code that a failure ends a script with; undefined for a bug. */
function endOf(failure: unknown): { line: string; code: number } | undefined {
	if (failure instanceof ComputationError) return { line: failure.message, code: 1 };
	const refusal = failure instanceof UsageError ? failure.message : describeSystemError(failure);
	return refusal === undefined ? undefined : { line: refusal, code: 2 };
}
