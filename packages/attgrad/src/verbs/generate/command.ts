import type { Argv, CommandModule } from "yargs";
import type { GivenFlags } from "../../flags/flags.ts";

/** `attgrad generate`: writes an instance of Definition 1.4 from a seed. */
export const generateVerb: CommandModule<unknown, GivenFlags> = {
	command: "generate",
	describe: "Write a problem made from a seed",
	builder: async (parser) => {
		const { flagsOf } = await import("../../flags/flags.ts");
		const { generateFlags } = await import("./run.ts");
		return parser
			.options(flagsOf(generateFlags))
			.example("$0 generate --n 2^14 --d 4 --B 1 --out problem.npz", "entries of A1 X and A2 uniform in [-1, 1]")
			.example(
				"$0 generate --n 5000 --d 3 --B 2 --distribution heavy-tailed --seed 7 --out heavy.npz",
				"1 % of the rows 6 times larger",
			) as Argv<GivenFlags>;
	},
	handler: async (given) => {
		const { readFlags } = await import("../../flags/flags.ts");
		const { generateFile, generateFlags } = await import("./run.ts");
		await generateFile(readFlags(generateFlags, given));
	},
};
