import { styleText } from "node:util";
import type { SingleBar } from "cli-progress";
import type { Row } from "../cells/index.ts";

/** Where a sweep tells how far it is. Everything goes to standard error. */
export interface Progress {
	/** The cells there are to run begin. */
	start(total: number): void;
	/** A cell begins. */
	begin(what: string): void;
	/** A cell is done. */
	finish(what: string, row: Row): void;
	/** A line for the person who waits. */
	notice(line: string): void;
	/** The last cell is done, or the sweep stops. */
	stop(): void;
}

/** A terminal or a file to write to. */
type Output = Pick<NodeJS.WriteStream, "write" | "isTTY">;

/** A bar with the time left below the finished cells on a terminal, a line for each cell elsewhere. */
export async function createProgress(output: NodeJS.WriteStream = process.stderr): Promise<Progress> {
	return output.isTTY ? createBar(output) : createLines(output);
}

/** A line for each cell. */
export function createLines(output: Output): Progress {
	let total = 0;
	let done = 0;
	return {
		start(count) {
			[total, done] = [count, 0];
		},
		begin() {},
		finish(what, row) {
			output.write(`[${++done}/${total}] ${what}: ${describeOutcome(row)}\n`);
		},
		notice(line) {
			output.write(`${line}\n`);
		},
		stop() {},
	};
}

async function createBar(output: NodeJS.WriteStream): Promise<Progress> {
	const { Format, MultiBar, Presets } = (await import("cli-progress")).default;
	let bars: InstanceType<typeof MultiBar> | undefined;
	let bar: SingleBar | undefined;
	const notice = (line: string) => {
		if (bars) bars.log(`${line}\n`);
		else output.write(`${line}\n`);
	};
	return {
		start(total) {
			if (total === 0) return;
			bars = new MultiBar(
				{
					stream: output,
					format: "{bar} {value}/{total}, {eta_formatted} left: {what}",
					// Before the first cell is done nothing is known.
					formatTime: (seconds, ...rest) => (Number(seconds) > 0 ? Format.TimeFormat(seconds, ...rest) : "?"),
					barsize: 24,
					hideCursor: true,
					clearOnComplete: true,
				},
				Presets.shades_classic,
			);
			bar = bars.create(total, 0, { what: "" });
		},
		begin(what) {
			bar?.update({ what });
		},
		finish(what, row) {
			notice(`${mark(row.status, output)} ${what}: ${describeOutcome(row)}`);
			bar?.increment();
		},
		notice,
		stop() {
			// Notices wait for the next drawing.
			bars?.update();
			bars?.stop();
			[bars, bar] = [undefined, undefined];
		},
	};
}

/** A sign for what became of a cell, in colour where the terminal takes it and NO_COLOR does not forbid it. */
function mark(status: Row["status"], stream: NodeJS.WriteStream): string {
	const [sign, colour] =
		status === "done"
			? (["✓", "green"] as const)
			: status === "skipped"
				? (["–", "yellow"] as const)
				: (["✗", "red"] as const);
	return styleText(colour, sign, { stream });
}

/** The outcome of a cell, in a few words. */
function describeOutcome({ status, reason, time_ms, time_mad_ms, error_max }: Row): string {
	if (status !== "done") return `${status}: ${reason}`;
	const parts = [];
	if (time_ms !== undefined)
		parts.push(`${time_ms.toPrecision(4)} ms${time_mad_ms === undefined ? "" : ` ± ${time_mad_ms.toPrecision(2)}`}`);
	if (error_max !== undefined) parts.push(`error ${error_max.toExponential(1)}`);
	return parts.join(", ") || status;
}
