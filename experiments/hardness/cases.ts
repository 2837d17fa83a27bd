import {
	countModels,
	type Decision,
	type Formula,
	findModel,
	type GapInstance,
	type GradientQueries,
	gapGradient,
	gapIntegral,
	orthogonalCounting,
	orthogonalGradient,
	plantedGap,
	type Readings,
	randomFormula,
	scoreRange,
	splitAndList,
} from "@attgrad/hardness";

/** Reductions that decode. */
export const decoding = ["R1a", "R1b", "R2", "R3"] as const;

export type Decoding = (typeof decoding)[number];

/** Whether a decoded answer is right, and how far the reading is from being ambiguous: 1 far, 0 at the edge, below 0 over it. */
export interface Judged {
	readonly outcome: "right" | "unknown" | "wrong";
	readonly margin: number;
}

/** An instance whose answer is known, its gradients, and the judge of what is decoded. */
export interface HardCase {
	readonly queries: GradientQueries;
	judge(readings: Readings): Judged;
}

/** Where R3 interpolates down to: small enough for B ~ sqrt(log n), large enough for doubles. */
export const thetaMax = 3;

/** Instances of a reduction with so many queries and keys, YES and NO in turn. `size` is a power of two. */
export function hardCases(reduction: Decoding, size: number, count: number): HardCase[] {
	const answers = Array.from({ length: count }, (_, i) => i % 2 === 0);
	if (reduction === "R1b") return answers.map((yes, seed) => gapCase(plantedGap({ n: size, yes, seed }), yes));
	if (reduction === "R2") return answers.map((yes, seed) => integralCase(plantedGap({ n: size, yes, seed }), yes));
	const formulas = answers.map((yes, i) => formulaWith(yes, 2 * Math.log2(size), i));
	if (reduction === "R1a") return formulas.map((formula, i) => decisionCase(formula, answers[i]));
	return formulas.map(countingCase);
}

/** Random 3-SAT at the threshold: the i-th with this answer. */
function formulaWith(satisfiable: boolean, variables: number, i: number): Formula {
	for (let seed = 1000 * i; ; seed++) {
		const formula = randomFormula({ variables, seed });
		if ((findModel(formula) !== undefined) === satisfiable) return formula;
	}
}

function judgeDecision({ status, value, error, yes, no }: Decision, truth: boolean): Judged {
	const left = truth ? value - error - no : yes - (value + error);
	const outcome = status === "unknown" ? "unknown" : (status === "yes") === truth ? "right" : "wrong";
	return { outcome, margin: Math.min(1, left / (yes - no)) };
}

function decisionCase(formula: Formula, truth: boolean): HardCase {
	const { target: queries, back } = orthogonalGradient.reduce(splitAndList.reduce(formula).target);
	return { queries, judge: (readings) => judgeDecision(back(readings), truth) };
}

function gapCase(source: GapInstance, truth: boolean): HardCase {
	const { target: queries, back } = gapGradient.reduce(source);
	return { queries, judge: (readings) => judgeDecision(back(readings), truth) };
}

function integralCase(source: GapInstance, truth: boolean): HardCase {
	const { target: queries, back } = gapIntegral.reduce(source, { scoreRange: scoreRange(source) });
	return { queries, judge: (readings) => judgeDecision(back(readings), truth) };
}

function countingCase(formula: Formula): HardCase {
	const models = countModels(formula);
	const { target: queries, back } = orthogonalCounting.reduce(splitAndList.reduce(formula).target, { thetaMax });
	return {
		queries,
		judge(readings) {
			const counted = back(readings);
			const outcome = counted.status === "unknown" ? "unknown" : counted.count === models ? "right" : "wrong";
			return { outcome, margin: 1 - 2 * counted.error };
		},
	};
}
