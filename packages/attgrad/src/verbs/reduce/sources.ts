import {
	type Formula,
	type GapInstance,
	pigeonhole,
	plantedGap,
	randomFormula,
	readDimacs,
	threeSatThreshold,
	uniqueModelFormula,
} from "@attgrad/hardness";
import { UsageError } from "@attgrad/matrix-core";
import { z } from "zod";
import { readText } from "../../files/read-text.ts";
import { flagNames, type GivenFlags, readFlags } from "../../flags/flags.ts";

/** A hardness instance to reduce: a formula, or a gap closest pair instance; with what is known of it. */
export type HardnessSource = { readonly about: Readonly<Record<string, unknown>> } & (
	| { readonly kind: "formula"; readonly formula: Formula; readonly made: boolean }
	| { readonly kind: "gap"; readonly gap: GapInstance }
);

const variables = z.int().min(1).describe("number of variables");
const k = z.int().min(1).default(3).describe("literals of a clause");
const ratio = z.number().min(0).default(threeSatThreshold).describe("clauses a variable");
const seed = z.int().min(0).default(0).describe("the same seed gives the same instance on every machine");

/** A source that is made: its flags, and how. */
function madeSource<Schema extends z.ZodObject>(schema: Schema, make: (flags: z.output<Schema>) => HardnessSource) {
	return { schema: schema as z.ZodObject, make: (given: GivenFlags) => make(readFlags(schema, given)) };
}

const madeFormula = (formula: Formula, about: Readonly<Record<string, unknown>>): HardnessSource => ({
	kind: "formula",
	formula,
	made: true,
	about: { ...about, clauses: formula.clauses.length },
});

/** The sources that can be made, by the word that names them. */
const madeSources = {
	random: madeSource(z.object({ variables, k, ratio, seed }), (flags) =>
		madeFormula(randomFormula(flags), { source: "random", ...flags }),
	),
	unique: madeSource(z.object({ variables, k, ratio, seed }), (flags) =>
		madeFormula(uniqueModelFormula(flags).formula, { source: "unique", ...flags, models: 1 }),
	),
	pigeonhole: madeSource(
		z.object({
			pigeons: z.int().min(1).describe("number of pigeons"),
			holes: z.int().min(1).describe("number of holes; fewer than pigeons makes it unsatisfiable"),
		}),
		({ pigeons, holes }) =>
			madeFormula(pigeonhole(pigeons, holes), { source: "pigeonhole", pigeons, holes, variables: pigeons * holes }),
	),
	gap: madeSource(
		z.object({
			n: z.int().min(2).describe("number of queries and of keys"),
			planted: z.enum(["yes", "no"]).default("yes").describe("whether a close pair is planted"),
			gap: z.number().positive().default(1).describe("relative gap between close and far"),
			seed,
		}),
		(flags) => {
			const gap = plantedGap({ ...flags, yes: flags.planted === "yes" });
			const { a, threshold, planted } = gap;
			return {
				kind: "gap",
				gap,
				about: { source: "gap", ...flags, d0: a.cols, threshold, ...(planted && { pair: planted }) },
			};
		},
	),
};

/** The flags of all generated sources. */
export function sourceFlags(): z.ZodObject {
	return z.object(Object.assign({}, ...Object.values(madeSources).map(({ schema }) => schema.shape)));
}

/**
 * The source that a word names: one that is made from the flags, or a DIMACS file.
 * @throws UsageError for flags that the source does not have, values out of range, or a file that is no DIMACS CNF
 */
export async function readSource(word: string, given: GivenFlags): Promise<HardnessSource> {
	const made = Object.hasOwn(madeSources, word) ? madeSources[word as keyof typeof madeSources] : undefined;
	const own = made ? flagNames(made.schema) : [];
	const foreign = flagNames(sourceFlags()).find((flag) => given[flag] !== undefined && !own.includes(flag));
	if (foreign !== undefined) throw new UsageError(`${made ? word : "a file"} has no option --${foreign}`);
	if (made) return made.make(given);
	const formula = readDimacs(await readText(word), word);
	return {
		kind: "formula",
		formula,
		made: false,
		about: { source: word, variables: formula.variables, clauses: formula.clauses.length },
	};
}
