import type { Argv, CommandModule } from "yargs";
import type { GivenFlags } from "../../flags/flags.ts";

/** `attgrad compare`: tells which times of two runs differ by more than noise. */
export const compareVerb: CommandModule<unknown, GivenFlags> = {
	command: "compare <run..>",
	describe: "Compare the times of two runs: what has changed by more than noise",
	builder: async (parser) => {
		const [{ flagsOf }, flags] = await Promise.all([import("../../flags/flags.ts"), compareFlags()]);
		return parser
			.positional("run", {
				type: "string",
				array: true,
				describe: "two results folders, folders that hold such folders, or names of baselines; with --save one folder",
			})
			.options(flagsOf(flags))
			.example("$0 compare --save before results", "keep what is measured now as the baseline `before`")
			.example("$0 compare before results --fail-on-regression 10%", "exit 1 when a point is slower by 10 % or more")
			.example("$0 compare a/scaling b/scaling --across machine,kernel", "two machines") as unknown as Argv<GivenFlags>;
	},
	handler: async (given) => {
		const { readFlags } = await import("../../flags/flags.ts");
		const { answerCompare } = await import("./run.ts");
		process.exitCode = answerCompare(given["run"] as string[], readFlags(await compareFlags(), given));
	},
};

async function compareFlags() {
	const { z } = await import("zod");
	return z.object({
		save: z.string().optional().describe("keep the folder under this name, in results/baselines"),
		across: z.string().optional().describe("what may differ between the runs: any of machine,kernel,dtype,threads"),
		failOnRegression: z.string().optional().describe("exit 1 when a point has become slower by this or more: 10%"),
		json: z.boolean().default(false).describe("print one JSON object"),
	});
}
