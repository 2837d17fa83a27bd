import type { Argv, CommandModule } from "yargs";
import type { GivenFlags } from "../../flags/flags.ts";

/** `attgrad report`: writes the report of results again. */
export const reportVerb: CommandModule<unknown, GivenFlags> = {
	command: "report <folder..>",
	describe: "Write the report of results again: one HTML file a folder, which opens from the disk",
	builder: (parser) =>
		parser
			.positional("folder", {
				type: "string",
				array: true,
				describe: "a folder that a sweep has written, like results/scaling, or one that holds such folders",
			})
			.option("json", { type: "boolean", describe: "print one JSON object" })
			.example("$0 report results/scaling", "results/scaling/report.html")
			.example(
				"$0 report results",
				"every experiment in it, and results/report.html that leads to them",
			) as unknown as Argv<GivenFlags>,
	handler: async ({ folder, json }) => {
		const { reportIndex } = await import("@attgrad/harness");
		const { experiments } = await import("@attgrad/experiments");
		const files: string[] = [];
		for (const one of folder as string[]) files.push(...(await reportIndex(one, experiments)));
		if (json) console.log(JSON.stringify({ files }));
		else for (const file of files) console.log(file);
	},
};
