import { ComputationError } from "@attgrad/matrix-core";
import { z } from "zod";
import { oneLine, shorten } from "../processes/words.ts";

const milliseconds = z.number().min(0);

/** The line of JSON that a command prints (docs/extending.md). Other names are not looked at. */
const answerSchema = z.looseObject({
	/** Its own time of each run that counts. */
	milliseconds: z.union([milliseconds.transform((one) => [one]), z.array(milliseconds).min(1)]),
	loss: z.number().optional(),
	threads: z.int().min(1).optional(),
});

const refusalSchema = z.looseObject({ skipped: z.string().min(1) });

/** A command's answer: times, loss, threads. */
export type CommandAnswer = z.output<typeof answerSchema>;

/**
 * Reads the answer of a command: the last line of its standard output that is not empty, however long. Lines before it
 * are not looked at, so that what libraries print does no harm.
 * @throws ComputationError `skipped` where the command says that it cannot run here; `invalid` for anything else
 */
export function readCommandAnswer(line: string): CommandAnswer {
	const value = parseObject(line);
	const refusal = refusalSchema.safeParse(value);
	if (refusal.success) throw new ComputationError("skipped", oneLine(refusal.data.skipped));
	const answer = answerSchema.safeParse(value);
	if (answer.success) return answer.data;
	const [issue] = answer.error.issues;
	const where = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
	throw new ComputationError(
		"invalid",
		value === undefined
			? `the command must print a JSON object like {"milliseconds": 12.5} as its last line, got ${shorten(line) || "nothing"}`
			: `the command's answer is malformed: ${where}${issue.message.toLowerCase()}, got ${shorten(line)}`,
	);
}

function parseObject(text: string): object | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
	} catch {
		return undefined;
	}
}
