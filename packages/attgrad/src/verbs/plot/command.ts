import type { Argv, CommandModule } from "yargs";
import type { GivenFlags } from "../../flags/flags.ts";

/** `attgrad plot`: draws the figures of results again. */
export const plotVerb: CommandModule<unknown, GivenFlags> = {
	command: "plot <folder..>",
	describe: "Draw the figures of results again",
	builder: (parser) =>
		parser
			.positional("folder", {
				type: "string",
				array: true,
				describe: "a folder that a sweep has written, like results/scaling",
			})
			.option("json", { type: "boolean", describe: "print one JSON object" })
			.example("$0 plot results/scaling", "SVG and PNG from the rows that are there") as unknown as Argv<GivenFlags>,
	handler: async ({ folder, json }) => {
		const { plotRun } = await import("@attgrad/harness");
		const { experiments } = await import("@attgrad/experiments");
		const files: string[] = [];
		for (const one of folder as string[]) {
			const drawn = await plotRun(one, experiments);
			if (drawn.length === 0) console.error(`attgrad plot: ${one} has no rows to draw; sweep first`);
			files.push(...drawn);
		}
		if (json) console.log(JSON.stringify({ files }));
		else for (const file of files) console.log(file);
	},
};
