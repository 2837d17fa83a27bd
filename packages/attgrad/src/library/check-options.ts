import { UsageError } from "@attgrad/matrix-core";
import type { z } from "zod";

/**
 * Checks options against the schema of an algorithm.
 * @throws UsageError naming the algorithm, the option and what is wrong
 */
export function checkOptions(
	{ name, options: schema }: { readonly name: string; readonly options: z.ZodObject },
	options: Readonly<Record<string, unknown>>,
): void {
	const checked = schema.safeParse(options);
	if (checked.success) return;
	const [issue] = checked.error.issues;
	const where = issue?.path.join(".");
	throw new UsageError(`${name}: ${where ? `${where}: ` : ""}${issue?.message.toLowerCase() ?? "options are refused"}`);
}
