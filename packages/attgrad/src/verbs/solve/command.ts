import type { Argv, CommandModule } from "yargs";
import type { GivenFlags } from "../../flags/flags.ts";

/** `attgrad solve`: SAT through attention gradients. */
export const solveVerb: CommandModule<unknown, GivenFlags> = {
	command: "solve <formula>",
	describe: "Decide a CNF formula, or count its models, through attention gradients",
	builder: async (parser) => {
		const { flagsOf } = await import("../../flags/flags.ts");
		const { solveFlags } = await import("./run.ts");
		return parser
			.positional("formula", { type: "string", describe: "a DIMACS CNF file (/dev/stdin for a pipe)" })
			.options(flagsOf(solveFlags))
			.example("$0 solve formula.cnf --threads 2", "s SATISFIABLE with a v line (exit 10), or s UNSATISFIABLE (20)")
			.example("$0 solve formula.cnf --count", "s mc N, the number of models (exit 10, or 20 for none)")
			.example("$0 solve formula.cnf --noise adversarial:1e-4", "every entry of every gradient off by 1e-4")
			.epilogue(
				"Exit codes are those of the SAT competitions: 10 satisfiable, 20 unsatisfiable, 0 unknown; 2 for a wrong call or file.",
			) as Argv<GivenFlags>;
	},
	handler: async (given) => {
		const { solveFile } = await import("./run.ts");
		await solveFile(given);
	},
};
