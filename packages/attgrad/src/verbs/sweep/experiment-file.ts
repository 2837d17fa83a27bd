import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { experiments } from "@attgrad/experiments";
import type { Experiment } from "@attgrad/harness";
import { UsageError } from "@attgrad/matrix-core";
import { z } from "zod";

/** The parts of an experiment that a file of one's own must declare, as far as their form can be checked. */
const declaration = z.looseObject({
	name: z
		.string()
		.regex(/^[a-z][a-z0-9-]*$/, { error: ({ input }) => `must be like my-experiment, got ${JSON.stringify(input)}` }),
	title: z.string(),
	question: z.string(),
	grid: z.object({ quick: z.array(z.looseObject({})).min(1), full: z.array(z.looseObject({})).min(1) }),
	figures: z.array(z.looseObject({})),
});

/** Whether the name of an experiment on the command line is a file: `./mine.ts`. */
export const isExperimentFile = (name: string): boolean => /[/\\]|\.[cm]?[jt]s$/.test(name);

/**
 * The experiment that a module exports by default, TypeScript or JavaScript. It need not belong to the project; `module` is filled in.
 * @throws UsageError for a file that is not there, cannot be loaded, or exports no experiment, and for a name that the project has
 */
export async function loadExperiment(path: string): Promise<Experiment> {
	const file = resolve(path);
	if (!existsSync(file)) throw new UsageError(`no such experiment file: ${path}`);
	const url = pathToFileURL(file).href;
	let content: unknown;
	try {
		({ default: content } = await import(url));
	} catch (error) {
		throw new UsageError(`${path}: cannot be loaded: ${String((error as Error)?.message ?? error).split("\n")[0]}`);
	}
	if (content === undefined)
		throw new UsageError(
			`${path}: needs a default export, the experiment (docs/extending.md: An experiment of your own)`,
		);
	const checked = declaration.safeParse(content);
	if (!checked.success) {
		const { path: place, message } = checked.error.issues[0];
		throw new UsageError(`${path}: ${place.length > 0 ? `${place.join(".")}: ` : ""}${message}`);
	}
	const experiment = content as Experiment;
	if (experiments.some(({ name }) => name === experiment.name))
		throw new UsageError(`${path}: the project has an experiment ${experiment.name}: choose another name`);
	return { ...experiment, module: experiment.module ?? url };
}

/** The project's experiments, and one of a file where a flag names it. */
export async function knownExperiments(file: string | undefined): Promise<readonly Experiment[]> {
	return file === undefined ? experiments : [...experiments, await loadExperiment(file)];
}
