import type { Argv, CommandModule } from "yargs";
import type { GivenFlags } from "../../flags/flags.ts";

/** `attgrad gradient`: one gradient of the user's own data. */
export const gradientVerb: CommandModule<unknown, GivenFlags> = {
	command: "gradient <problem>",
	describe: "Compute the gradient of the attention loss of a problem file",
	builder: async (parser) => {
		const { algorithmFlags, gradientFlags } = await import("./flags.ts");
		const { flagsOf } = await import("../../flags/flags.ts");
		return parser
			.positional("problem", {
				type: "string",
				describe: "an .npz file or a folder of .npy files with A1 A2 A3 E (n x d), X Y (d x d) and, if wanted, scale",
			})
			.options(flagsOf(gradientFlags))
			.options(algorithmFlags())
			.group(Object.keys(algorithmFlags()), "Options of algorithms (attgrad list tells which has which):")
			.example("$0 gradient problem.npz", "let attgrad pick; certified to 1e-6 or exact")
			.example("$0 gradient problem.npz --algorithm streaming --out grad.npy", "exact, in O(n d) memory")
			.example(
				"$0 gradient problem.npz --algorithm polynomial --epsilon 1e-8 --json",
				"no entry off by more than 1e-8, proved",
			)
			.example(
				'$0 gradient problem.npz --command "python3 mine.py"',
				"by a program of your own: docs/extending.md",
			) as Argv<GivenFlags>;
	},
	handler: async (given) => {
		const { answerGradient } = await import("./run.ts");
		await answerGradient(given);
	},
};
