import type { GradientResult } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import {
	addNoise,
	asLiterals,
	createOracle,
	type Formula,
	type Noise,
	orthogonalGradient,
	randomFormula,
	readDimacs,
	type Solution,
	satisfies,
	solve,
	splitAndList,
	uniqueModelFormula,
	writeDimacs,
} from "@attgrad/hardness";
import { type Runtime, UsageError } from "@attgrad/matrix-core";

/** A formula to decide through a gradient. */
export interface FormulaRequest {
	/** DIMACS CNF. */
	readonly text: string;
	readonly noise?: Noise;
}

/** A random 3-SAT formula to make. */
export interface RandomFormulaRequest {
	readonly variables: number;
	/** Clauses a variable. */
	readonly ratio: number;
	readonly seed: number;
	/** Whether it is to have exactly one model. */
	readonly unique: boolean;
}

/** The sums that one bit of an index splits, and what they spell. */
export interface SpelledBit {
	/** Variable whose value the bit is. */
	readonly variable: number;
	/** Part of the sum of the pairs whose bit is 1. */
	readonly value: number;
	/** Row and column of the entry that was read. */
	readonly at: readonly [row: number, column: number];
}

/** The first gradient of a formula, what was read of it, and the answer. */
export interface FormulaAnswer {
	readonly variables: number;
	readonly clauses: number;
	readonly solution: Solution;
	/** The gradient as the oracle gives it, with noise: d x d, row-major. */
	readonly gradient: Float64Array;
	readonly d: number;
	/** Row and column of the entry that decides. */
	readonly decides: number;
	/** −d times that entry, how far it may be off, and what NO and YES give. */
	readonly reading: {
		readonly value: number;
		readonly error: number;
		readonly no: number;
		readonly yes: number;
		readonly status: "yes" | "no" | "unknown";
	};
	/** Error below which decoding is proved. */
	readonly provedEpsilon: number;
	/** Adversarial noise from which this formula's answer is UNKNOWN, Infinity for none; absent where it is not looked for. */
	readonly hidingEpsilon?: number;
	readonly bits: readonly SpelledBit[];
	/** Literals that are true, where there is a model; it was checked against each clause. */
	readonly model?: readonly number[];
	readonly checked?: boolean;
}

/** Variables up to which a page decides: gradients of 3 · 2^(N/2) rows. */
const MOST_VARIABLES = 20;

/** Decides a formula as `attgrad solve` does, and shows its first gradient. */
export async function answerFormula({ text, noise }: FormulaRequest, runtime: Runtime): Promise<FormulaAnswer> {
	const formula = readDimacs(text, "formula");
	const { variables, clauses } = formula;
	if (variables > MOST_VARIABLES)
		throw new UsageError(
			`formula: ${variables} variables; this page takes at most ${MOST_VARIABLES}, attgrad solve takes more`,
		);
	if (variables < 1) throw new UsageError("formula: no variables");
	const { target, back } = orthogonalGradient.reduce(splitAndList.reduce(formula).target, { witness: true });
	const exact = await streaming.run(target.problem(0), {}, runtime);
	const hidingEpsilon = await hidingNoise(formula, target.sizes.epsilon, exact, runtime);
	const gradient = noise ? addNoise(exact.gradient, noise, (entry) => target.harm(0, entry), 0) : exact.gradient;
	const error = { absolute: noise?.epsilon ?? 0, unitRoundoff: 2 ** -53 };
	const decision = back({ entries: [target.read(0, gradient)], error });
	const oracle = createOracle({ algorithm: streaming, runtime, ...(noise && { noise }) });
	const solution = await solve(formula, { oracle });
	const { d } = target.sizes;
	const count = decision.queryBits.length;
	const decides = d - 1 - count;
	const { value, no, yes, status } = decision;
	return {
		variables,
		clauses: clauses.length,
		solution,
		gradient: Float64Array.from(gradient.data),
		d,
		decides,
		reading: { value, error: decision.error, no, yes, status },
		provedEpsilon: target.sizes.epsilon,
		...(hidingEpsilon !== undefined && { hidingEpsilon }),
		bits: spelledBits(variables, decides, decision),
		...(solution.status === "satisfiable" && {
			model: asLiterals(solution.assignment),
			checked: satisfies(formula, solution.assignment),
		}),
	};
}

/** Variables up to which the noise that hides an answer is looked for: each step of the search decides the formula anew. */
const MOST_SEARCHED = 14;

/** Relative width at which the search ends: more digits than the page shows of it. */
const NARROW = 1e-5;

/** Noise beyond which it is not looked for: some models are found by chance, and checked, whatever the noise. */
const MOST_NOISE = 1;

const hiding = new Map<string, number>();

/**
 * The adversarial noise from which a formula's answer is UNKNOWN, by bisection between the noise that is proved harmless and one that hides
 * it. The first gradient is given: noise is added to it, and it is decoded; gradients that isolate a model are computed. Found once a formula.
 */
async function hidingNoise(
	formula: Formula,
	harmless: number,
	first: GradientResult,
	runtime: Runtime,
): Promise<number | undefined> {
	if (formula.variables > MOST_SEARCHED) return undefined;
	const key = writeDimacs(formula);
	const known = hiding.get(key);
	if (known !== undefined) return known;
	const isHidden = async (epsilon: number): Promise<boolean> => {
		let calls = 0;
		const algorithm: typeof streaming = {
			...streaming,
			run: async (...asked) => (calls++ === 0 ? first : streaming.run(...asked)),
		};
		const oracle = createOracle({ algorithm, runtime, noise: { kind: "adversarial", epsilon } });
		return (await solve(formula, { oracle })).status === "unknown";
	};
	let [from, to] = [harmless, 2 * harmless];
	while (to <= MOST_NOISE && !(await isHidden(to))) [from, to] = [to, 2 * to];
	if (to > MOST_NOISE) to = Number.POSITIVE_INFINITY;
	while (Number.isFinite(to) && to > from * (1 + NARROW)) {
		const middle = Math.sqrt(from * to);
		if (await isHidden(middle)) to = middle;
		else from = middle;
	}
	hiding.set(key, to);
	return to;
}

function spelledBits(
	variables: number,
	decides: number,
	{ queryBits, keyBits }: { readonly queryBits: readonly Sides[]; readonly keyBits: readonly Sides[] },
): SpelledBit[] {
	const first = Math.floor(variables / 2);
	const rows = queryBits
		.slice(0, first)
		.map(([, one], t): SpelledBit => ({ variable: t + 1, value: one.value, at: [decides + 1 + t, decides] }));
	const columns = keyBits
		.slice(0, variables - first)
		.map(([, one], t): SpelledBit => ({ variable: first + t + 1, value: one.value, at: [decides, decides + 1 + t] }));
	return [...rows, ...columns];
}

type Sides = readonly [zero: { readonly value: number }, one: { readonly value: number }];

/** The text of a random formula. @throws UsageError for sizes that no formula has */
export async function makeRandomFormula({ unique, ...options }: RandomFormulaRequest): Promise<string> {
	if (options.variables > MOST_VARIABLES)
		throw new UsageError(`formula: at most ${MOST_VARIABLES} variables, got ${options.variables}`);
	return writeDimacs(unique ? uniqueModelFormula(options).formula : randomFormula(options));
}
