import { generateProblem } from "@attgrad/attention-problem";
import { expect, test } from "vitest";
import { scoreVectors } from "./score-vectors.ts";

test("score vectors are equally long, and give the softmax weights of the problem", () => {
	const problem = generateProblem({ distribution: "biased", n: 11, d: 3, B: 1.5, seed: 4 });
	const { queries, keys, radius } = scoreVectors(problem);
	const longest = (rows: typeof queries) =>
		Math.max(...Array.from({ length: rows.rows }, (_, j) => Math.hypot(...rows.row(j))));
	expect(longest(queries)).toBeCloseTo(longest(keys), 12);
	expect(longest(queries) * longest(keys)).toBeCloseTo(radius, 12);
	const { A1, A2, X, scale } = problem;
	for (let j = 0; j < 11; j++) {
		const difference = (l: number) => {
			let [own, plain] = [0, 0];
			for (let b = 0; b < 3; b++) {
				own += queries.at(j, b) * keys.at(l, b);
				for (let a = 0; a < 3; a++) plain += scale * A1.at(j, a) * X.at(a, b) * A2.at(l, b);
			}
			return own - plain;
		};
		// Scores of a row differ from the problem's by one number, which cancels in the softmax.
		for (let l = 1; l < 11; l++) expect(difference(l)).toBeCloseTo(difference(0), 12);
	}
});
