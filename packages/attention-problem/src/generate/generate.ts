import { type Dtype, Matrix, type RowSource, seededRandom, UsageError } from "@attgrad/matrix-core";
import { z } from "zod";
import type { RowMaker } from "../distributions/distribution.ts";
import { allDistributions } from "../distributions/index.ts";
import { wellConditionedWeights } from "../distributions/weights.ts";
import { type AttentionProblem, createProblem, inMemory } from "../problem/problem.ts";
import { GeneratedRows } from "./generated-rows.ts";

/** Names of the distributions that problems are generated from. */
export const distributions: readonly string[] = allDistributions.map(({ name }) => name);

const whole = (name: string, least: number) => {
	const error = ({ input }: { input?: unknown }) => `${name} must be a whole number >= ${least}, got ${input}`;
	return z.int({ error }).min(least, { error });
};

/** Largest B whose multiples in A1, A1 X and A2 are still finite in each number type. */
const LARGEST = { f64: 1e300, f32: 1e30 } as const;

const unknownDistribution = (name: unknown): string =>
	`unknown distribution: ${name} (known: ${distributions.join(", ")})`;

const optionSchema = z
	.strictObject({
		distribution: z.string().refine((name) => distributions.includes(name), {
			error: ({ input }) => unknownDistribution(input),
		}),
		n: whole("n", 1),
		d: whole("d", 1),
		B: z
			.number({ error: ({ input }) => `B must be a finite number > 0, got ${input}` })
			.positive({ error: ({ input }) => `B must be a finite number > 0, got ${input}` }),
		seed: whole("seed", 0),
		dtype: z
			.enum(["f64", "f32"], { error: ({ input }) => `dtype must be f64 or f32, got ${input}` })
			.default("f64" satisfies Dtype),
	})
	.refine(({ B, dtype }) => B <= LARGEST[dtype], {
		error: ({ input }) => {
			const { B, dtype = "f64" } = input as { B: number; dtype?: Dtype };
			return `B must be at most ${LARGEST[dtype]} for ${dtype}, got ${B}`;
		},
	});

/** The options of a generated problem: number of tokens, width, bound, seed. */
export type GenerateOptions = z.input<typeof optionSchema>;

/**
 * Problem whose rows are made block by block when they are read, at any n; the numbers are those of `generateProblem`.
 * A1 X and A2 are as the distribution says (max |A1 X| up to the rounding of A1 = (A1 X) X⁻¹), A3 and E uniform in
 * [-1, 1), Y uniform in [-1, 1)/√d. The same options give the same numbers on every machine.
 * Memory 4096·d numbers for each matrix.
 * @throws UsageError for an option that is unknown or out of range
 */
export function generateRows(options: GenerateOptions): AttentionProblem<RowSource> {
	const checked = optionSchema.safeParse(options);
	if (!checked.success) throw new UsageError(`generate: ${complaint(checked.error.issues[0])}`);
	const { distribution, n, d, B, seed, dtype } = checked.data;
	const chosen = allDistributions.find(({ name }) => name === distribution);
	if (!chosen) throw new UsageError(`generate: ${unknownDistribution(distribution)}`);
	const instance = { n, d, B, seed };
	const { X, inverse } = (chosen.weights ?? wellConditionedWeights)(instance);
	const shape = { rows: n, cols: d, dtype };
	const entries = seededRandom(seed, "Y");
	return createProblem<RowSource>({
		A1: new GeneratedRows(shape, seed, "A1", chosen.queries(instance), inverse),
		A2: new GeneratedRows(shape, seed, "A2", chosen.keys(instance)),
		A3: new GeneratedRows(shape, seed, "A3", unitEntries),
		E: new GeneratedRows(shape, seed, "E", unitEntries),
		X: X.as(dtype),
		Y: Matrix.build(d, d, () => entries.uniform(-1, 1) / Math.sqrt(d)).as(dtype),
	});
}

/** `generateRows` with all rows in memory: 4nd numbers. @throws UsageError as it does */
export function generateProblem(options: GenerateOptions): AttentionProblem {
	return inMemory(generateRows(options));
}

const unitEntries: RowMaker = (row, _, random) => {
	for (let b = 0; b < row.length; b++) row[b] = random.uniform(-1, 1);
};

const complaint = (issue: z.core.$ZodIssue): string =>
	issue.code === "unrecognized_keys" ? `unknown option: ${issue.keys.join(", ")}` : issue.message;
