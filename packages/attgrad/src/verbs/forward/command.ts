import type { Argv, CommandModule } from "yargs";
import type { GivenFlags } from "../../flags/flags.ts";

/** `attgrad forward`: the output of attention layers on the user's own data. */
export const forwardVerb: CommandModule<unknown, GivenFlags> = {
	command: "forward <layer>",
	describe: "Compute the output of an attention layer, or of several in a row",
	builder: async (parser) => {
		const { forwardFlags } = await import("./request.ts");
		const { flagsOf } = await import("../../flags/flags.ts");
		return parser
			.positional("layer", {
				type: "string",
				describe:
					"an .npz file or a folder of .npy files with Q K V (n x d), or E (n x d) and weights Q K V (d x d, or layers x d x d), and if wanted scale",
			})
			.options(flagsOf(forwardFlags))
			.example("$0 forward layer.npz", "let attgrad pick; certified to 1e-6 or exact")
			.example(
				"$0 forward layer.npz --algorithm polynomial --epsilon 1e-8 --out next.npy",
				"no entry off by more, proved",
			)
			.example("$0 forward layer.npz --layers 3 --json", "the layer three times in a row") as Argv<GivenFlags>;
	},
	handler: async (given) => {
		const { answerForward } = await import("./run.ts");
		await answerForward(given);
	},
};
