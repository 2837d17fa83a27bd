import type { Verb } from "../verb.ts";

/** `attgrad solve`: SAT through attention gradients. */
export const solveVerb: Verb = {
	name: "solve",
	argument: { syntax: "<formula>", type: "string", describe: "a DIMACS CNF file (/dev/stdin for a pipe)" },
	summary: "Decide a CNF formula, or count its models, through attention gradients",
	examples: [
		["solve formula.cnf --threads 2", "s SATISFIABLE with a v line (exit 10), or s UNSATISFIABLE (20)"],
		["solve formula.cnf --count", "s mc N, the number of models (exit 10, or 20 for none)"],
		["solve formula.cnf --noise adversarial:1e-4", "every entry of every gradient off by 1e-4"],
	],
	epilogue:
		"Exit codes are those of the SAT competitions: 10 satisfiable, 20 unsatisfiable, 0 unknown; 2 for a wrong call or file.",
	flags: async () => [{ schema: (await import("./run.ts")).solveFlags }],
	run: async (given) => {
		const { solveFile } = await import("./run.ts");
		await solveFile(given);
	},
};
