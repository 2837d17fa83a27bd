import type { Argv, CommandModule } from "yargs";
import type { GivenFlags } from "../../flags/flags.ts";

/** `attgrad reduce`: writes hardness instances as gradient problems. */
export const reduceVerb: CommandModule<unknown, GivenFlags> = {
	command: "reduce <source>",
	describe: "Write the gradient problems that a formula or a gap instance reduces to",
	builder: async (parser) => {
		const { flagsOf } = await import("../../flags/flags.ts");
		const { reduceFlags } = await import("./run.ts");
		const { sourceFlags } = await import("./sources.ts");
		return parser
			.positional("source", {
				type: "string",
				describe: "a DIMACS CNF file, or one to make: random, unique, pigeonhole (formulas), gap (closest pair)",
			})
			.options(flagsOf(reduceFlags))
			.options(sourceFlags())
			.group(Object.keys(sourceFlags()), "Options of sources that are made:")
			.example("$0 reduce formula.cnf --out hard.npz", "R1a: hard.npz and its sizes in hard.json")
			.example("$0 reduce random --variables 20 --ratio 4.26 --out hard.npz", "random 3-SAT, also written to hard.cnf")
			.example("$0 reduce gap --n 64 --planted no --reduction R1b --out gap.npz", "a NO instance of gap closest pair")
			.example(
				"$0 reduce formula.cnf --reduction R3 --theta-max 1 --out count.npz",
				"count-0.npz, count-1.npz, …",
			) as Argv<GivenFlags>;
	},
	handler: async (given) => {
		const { reduceSource } = await import("./run.ts");
		await reduceSource(given);
	},
};
