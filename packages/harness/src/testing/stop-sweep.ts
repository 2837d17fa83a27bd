import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "@attgrad/matrix-core";
import type { Row } from "../cells/row.ts";
import { ended, startSweep, tinyRows } from "./sweep-process.ts";

/** The signals that stop a sweep. */
export const stopping = ["SIGINT", "SIGTERM", "SIGKILL"] as const;

/** Times that a sweep is stopped before it is let go to its end. */
const most = 4;

/**
 * Sweeps a folder to its end, stopped on the way at random moments, and started again each time.
 * @param duration of an undisturbed sweep, milliseconds
 * @returns how often it was stopped
 * @throws Error where a row that was there is gone or another, a key stands twice, the file does not parse, or a row is not `done`
 */
export async function stopSweep(
	out: string,
	signal: (typeof stopping)[number],
	{ random, duration, options }: { random: Random; duration: number; options: Readonly<Record<string, unknown>> },
): Promise<number> {
	let stops = 0;
	let before: readonly Row[] = [];
	for (let attempt = 0; ; attempt++) {
		const child = startSweep(out, options);
		const end = ended(child);
		const moment = attempt < most ? sleep(random.uniform(0.05, 1) * duration) : end;
		if (!(await Promise.race([end.then(() => true), moment.then(() => false)]))) child.kill(signal);
		const { code, signal: by } = await end;
		// Reading refuses a file that is damaged or has a key twice.
		const after = tinyRows(out);
		const lost = before.find((row, i) => JSON.stringify(row) !== JSON.stringify(after[i]));
		if (lost) throw new Error(`the row of ${lost.key} was there and is gone or another`);
		const wrong = after.find(({ status }) => status !== "done");
		if (wrong) throw new Error(`the row of ${wrong.key} is ${wrong.status}: ${wrong.reason}`);
		if (code === 0) return stops;
		if (by === null && code !== 130 && code !== 143) throw new Error(`exit code ${code}: ${child.said}`);
		stops++;
		before = after;
	}
}
