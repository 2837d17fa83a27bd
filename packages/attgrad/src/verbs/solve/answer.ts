import { asLiterals, type ModelCount, type Solution } from "@attgrad/hardness";
import { printable } from "@attgrad/matrix-core";

/** A solution with what was asked. */
export type SolveAnswer = (DistributedOmit<Solution, "sizes"> | DistributedOmit<ModelCount, "sizes">) & {
	readonly file: string;
	readonly variables: number;
	readonly clauses: number;
	readonly reduction: string;
	/** Sizes of the gradients, with B/√ln n; absent where the formula was too large to list. */
	readonly sizes?: NonNullable<Solution["sizes"]> & { readonly ratio: number };
	readonly oracle: string;
	readonly noise?: string;
	readonly kernel: string;
	readonly threads: number;
	readonly milliseconds: number;
};

type DistributedOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** Exit code of the SAT competitions: 10 satisfiable, 20 unsatisfiable, 0 unknown; a count is one of the first two. */
export function exitCodeOf(answer: SolveAnswer): number {
	if (answer.status === "unknown") return 0;
	const satisfiable = answer.status === "counted" ? answer.models > 0 : answer.status === "satisfiable";
	return satisfiable ? 10 : 20;
}

/** Prints an answer: one line of JSON, or `c`, `s` and `v` lines. */
export function printSolution(answer: SolveAnswer, json: boolean): void {
	if (json) console.log(JSON.stringify(asJson(answer)));
	else for (const line of solutionLines(answer)) console.log(line);
}

/** The JSON object: the model as literals, numbers that are not finite as null. */
function asJson(answer: SolveAnswer) {
	return answer.status === "satisfiable" ? { ...answer, assignment: asLiterals(answer.assignment) } : answer;
}

/** The answer in the format of the SAT competitions; counts as `s mc N`. */
export function solutionLines(answer: SolveAnswer): string[] {
	const { file, variables, clauses, reduction, sizes, oracle, noise, kernel, threads, reading } = answer;
	const { calls, isolationCalls, milliseconds } = answer;
	const comments = [
		"SAT through attention gradients",
		`formula ${file}: ${variables} variables, ${clauses} clauses`,
		`reduction ${reduction}`,
		sizes &&
			`n ${sizes.n}, d ${sizes.d}, B ${short(sizes.B)}, B/sqrt(ln n) ${short(sizes.ratio)}, epsilon ${short(sizes.epsilon)}`,
		sizes?.amplification !== undefined &&
			`gradients ${sizes.calls}, errors magnified by ${sizes.amplification.toExponential(2)}`,
		`oracle ${oracle}${noise ? `, noise ${noise}` : ""}, kernel ${kernel}, threads ${threads}`,
		reading &&
			`read ${reading.value.toPrecision(8)} +- ${short(reading.error)}${reading.threshold === undefined ? "" : `, NO below and YES above ${short(reading.threshold)}`}`,
		`calls ${calls}, of which ${isolationCalls} to isolate one of several models`,
		`time ${(milliseconds / 1000).toFixed(3)} s`,
		answer.status === "unknown" && `unknown: ${answer.reason}`,
	];
	const lines = comments.filter((line) => typeof line === "string").map((line) => `c ${printable(line)}`);
	return [...lines, ...resultLines(answer)];
}

function resultLines(answer: SolveAnswer): string[] {
	switch (answer.status) {
		case "satisfiable":
			return ["s SATISFIABLE", ...valueLines(asLiterals(answer.assignment))];
		case "unsatisfiable":
			return ["s UNSATISFIABLE"];
		case "counted":
			return [`s mc ${answer.models}`];
		case "unknown":
			return ["s UNKNOWN"];
	}
}

/** `v` lines of at most 78 characters, ended by 0. */
function valueLines(literals: readonly number[]): string[] {
	const lines: string[] = [];
	let line = "v";
	for (const literal of [...literals, 0]) {
		if (line.length + 1 + String(literal).length > 78) {
			lines.push(line);
			line = "v";
		}
		line += ` ${literal}`;
	}
	return [...lines, line];
}

function short(x: number): string {
	return String(Number(x.toPrecision(4)));
}
