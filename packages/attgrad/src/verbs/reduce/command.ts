import type { Verb } from "../verb.ts";

/** `attgrad reduce`: writes hardness instances as gradient problems. */
export const reduceVerb: Verb = {
	name: "reduce",
	argument: {
		syntax: "<source>",
		type: "string",
		describe: "a DIMACS CNF file, or one to make: random, unique, pigeonhole (formulas), gap (closest pair)",
	},
	summary: "Write the gradient problems that a formula or a gap instance reduces to",
	examples: [
		["reduce formula.cnf --out hard.npz", "R1a: hard.npz and its sizes in hard.json"],
		["reduce random --variables 20 --ratio 4.26 --out hard.npz", "random 3-SAT, also written to hard.cnf"],
		["reduce gap --n 64 --planted no --reduction R1b --out gap.npz", "a NO instance of gap closest pair"],
		["reduce formula.cnf --reduction R3 --theta-max 1 --out count.npz", "count-0.npz, count-1.npz, …"],
	],
	flags: async () => {
		const [{ reduceFlags }, { sourceFlags }] = await Promise.all([import("./run.ts"), import("./sources.ts")]);
		return [{ schema: reduceFlags }, { schema: sourceFlags(), heading: "Options of generated sources:" }];
	},
	run: async (given) => {
		const { reduceSource } = await import("./run.ts");
		await reduceSource(given);
	},
};
