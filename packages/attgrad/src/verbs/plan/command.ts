import type { Argv, CommandModule } from "yargs";
import type { GivenFlags } from "../../flags/flags.ts";

/** `attgrad plan`: what each algorithm would cost for a problem, and what `auto` picks. */
export const planVerb: CommandModule<unknown, GivenFlags> = {
	command: "plan <problem>",
	describe: "Tell what each algorithm would cost for a problem file, what it would prove, and what auto picks and why",
	builder: async (parser) => {
		const { flagsOf } = await import("../../flags/flags.ts");
		const { planFlags } = await import("./run.ts");
		return parser
			.positional("problem", {
				type: "string",
				describe: "an .npz file or a folder of .npy files; rows stay in the file",
			})
			.options(flagsOf(planFlags))
			.example("$0 plan problem.npz", "to prove an error of 1e-6")
			.example("$0 plan problem.npz --epsilon 1e-9 --json", "the same for programs") as Argv<GivenFlags>;
	},
	handler: async (given) => {
		const { planProblem } = await import("./run.ts");
		await planProblem(given);
	},
};
