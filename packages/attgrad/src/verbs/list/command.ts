import type { Argv, CommandModule } from "yargs";
import type { GivenFlags } from "../../flags/flags.ts";

/** `attgrad list`: what there is to name on the command line. */
export const listVerb: CommandModule<unknown, GivenFlags> = {
	command: "list",
	describe: "List the algorithms with their options, the distributions, the experiments and the reductions",
	builder: (parser) =>
		parser
			.option("json", { type: "boolean", describe: "print one JSON object" })
			.example("$0 list", "everything")
			.example("$0 list --json", "the same for programs") as Argv<GivenFlags>,
	handler: async ({ json }) => {
		const { printCatalogue } = await import("./run.ts");
		printCatalogue(json === true);
	},
};
