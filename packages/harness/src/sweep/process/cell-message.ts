import { z } from "zod";
import { type Cell, statuses } from "../../cells/index.ts";
import type { Measurement } from "../../measure/index.ts";

/** The request to the process of a cell. */
export interface CellRequest {
	readonly cell: Cell;
	/** Address of the module whose default export is the experiment. */
	readonly module: string;
	readonly budget: number;
}

/** The outcome of a cell. */
export type CellOutcome =
	| { readonly status: "done"; readonly measurement: Measurement }
	| { readonly status: Exclude<(typeof statuses)[number], "done">; readonly reason: string };

/** The message of a cell's process that waits for its next turn. */
export const waiting = { status: "waiting" } as const;

/** The message of the sweep to a process whose turn it is. */
export const proceed = { proceed: true } as const;

/** The answer of a cell's process. Numbers must be finite: a row cannot hold others. */
const answerSchema = z.discriminatedUnion("status", [
	z.strictObject({
		status: z.literal("done"),
		measurement: z.record(
			z.string(),
			z.union([z.number(), z.string(), z.array(z.array(z.number())), z.record(z.string(), z.unknown())]),
		),
	}),
	z.strictObject({ status: z.enum(statuses).exclude(["done"]), reason: z.string() }),
]);

/** Checks an answer; one that is malformed, or that holds a number that is not finite, is an `invalid` outcome. */
export function readAnswer(message: unknown): CellOutcome {
	const answer = answerSchema.safeParse(message);
	if (answer.success) return answer.data as CellOutcome;
	const issue = answer.error.issues[0];
	return { status: "invalid", reason: `the cell's answer is malformed: ${issue.path.join(".")}: ${issue.message}` };
}
