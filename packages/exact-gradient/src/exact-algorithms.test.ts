import { type AttentionProblem, asDtype, createProblem } from "@attgrad/attention-problem";
import { Matrix, mapEntries, scale, unitRoundoff } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { definitionGradient } from "./definition.ts";
import { denseGradient } from "./dense.ts";
import { centralDifferences } from "./testing/central-differences.ts";
import { complexStepGradient } from "./testing/complex-loss.ts";
import { awkwardSizes, awkwardWidths, exactScores, instance } from "./testing/instances.ts";
import { roundingBound } from "./testing/rounding-bound.ts";
import { type Way, ways } from "./testing/ways.ts";

const double = unitRoundoff("f64");

/** Runs `of` once for each problem, however many ways ask. */
function remembered<Result>(of: (problem: AttentionProblem) => Result): (problem: AttentionProblem) => Result {
	const known = new WeakMap<AttentionProblem, Result>();
	return (problem) => {
		const result = known.get(problem) ?? of(problem);
		known.set(problem, result);
		return result;
	};
}

const rounded = remembered((problem) => asDtype(asDtype(problem, "f32"), "f64"));

/** The problem as the way sees it, its entries rounded to the way's number type, in double precision. */
const asSeenBy = ({ dtype }: Way, problem: AttentionProblem) => (dtype === "f64" ? problem : rounded(problem));

const boundOf = ({ roundoff, sumRoundoff }: Way, problem: AttentionProblem, scores?: "exact") =>
	roundingBound(problem, roundoff, scores, sumRoundoff);

/** The definition; above 10⁶ entries of its tensor `dense`, tested against it below that, for the sake of time. */
const truthOf = remembered((problem) =>
	problem.n ** 2 * problem.d ** 2 <= 1e6 ? definitionGradient(problem) : denseGradient(problem),
);

/** Checks gradient, gradient in Y and loss against the definition; both sides may err by their rounding bound. */
async function expectDefinition(way: Way, given: AttentionProblem, scores?: "exact"): Promise<void> {
	const problem = asSeenBy(way, given);
	const truth = truthOf(problem);
	const bound = boundOf(way, problem, scores);
	const result = await way.run(given);
	// the truth errs by its own bound, which is the smaller
	expect(result.gradient).toBeAllclose(truth.gradient, { atol: 2 * bound.gradient });
	expect(result.gradientY).toBeAllclose(truth.gradientY, { atol: 2 * bound.gradientY });
	expect(Math.abs(result.loss - truth.loss)).toBeLessThanOrEqual(2 * bound.loss);
}

const sizes = awkwardSizes.flatMap((n) => awkwardWidths.map((d) => ({ n, d })));
const instances = sizes.map(({ n, d }) => instance({ n, d, seed: n + d }));
const zeros = (d: number) => Matrix.zeros(d, d);

describe.each(ways)("$name", (way) => {
	test("is the definition at awkward sizes and widths", async () => {
		for (const problem of instances)
			if (problem.n ** 2 * problem.d ** 2 <= way.largestTensor) await expectDefinition(way, problem);
	});

	test("is the definition for any size, width, bound and scale", async () => {
		const problems = fc
			.record({
				n: fc.integer({ min: 1, max: 12 }),
				d: fc.integer({ min: 1, max: 4 }),
				B: fc.double({ min: 0.01, max: 3, noNaN: true }),
				seed: fc.nat(1e6),
				scale: fc.double({ min: 0.05, max: 2, noNaN: true }),
			})
			.map(instance);
		await fc.assert(
			fc.asyncProperty(problems, (problem) => expectDefinition(way, problem)),
			{ numRuns: 40 },
		);
	});

	test("gives the gradient in double precision and leaves the inputs as they were", async () => {
		const problem = instance({ n: 9, d: 3 });
		const kept = JSON.stringify(problem);
		const { gradient, gradientY } = await way.run(problem);
		expect([gradient.dtype, gradientY!.dtype]).toEqual(["f64", "f64"]);
		expect(JSON.stringify(problem)).toBe(kept);
	});

	test("n = 1: the gradient is exactly zero", async () => {
		for (const d of awkwardWidths)
			expect((await way.run(instance({ n: 1, d, B: 30 }))).gradient).toBeAllclose(zeros(d));
	});

	test("all scores equal: the weights are 1/n", async () => {
		const problem = instance({ n: 63, d: 3 });
		await expectDefinition(way, { ...problem, X: zeros(3) });
		await expectDefinition(way, { ...problem, A2: Matrix.build(63, 3, (_, b) => 0.3 * b + 1) });
	});

	test("all keys equal: the gradient is zero up to rounding", async () => {
		const problem = { ...instance({ n: 65, d: 3 }), A2: Matrix.build(65, 3, (_, b) => 0.3 * b + 1) };
		const { gradient } = await way.run(problem);
		expect(gradient).toBeAllclose(zeros(3), { atol: boundOf(way, asSeenBy(way, problem)).gradient });
	});

	test.each([700, 1e5])("scores of ±%d: right, whatever exp makes of them", async (size) => {
		const problem = exactScores({ n: 17, d: 3, size });
		await expectDefinition(way, problem, "exact");
		const { gradient, loss } = await way.run(problem);
		expect([loss, ...gradient.data].every(Number.isFinite)).toBe(true);
	});

	test("one key far above the others in every row: the gradient is exactly zero", async () => {
		const { A3, E, Y } = instance({ n: 9, d: 2 });
		const X = Matrix.build(2, 2, (i, j) => (i === j ? 1e5 : 0));
		const A1 = Matrix.build(9, 2, (_, b) => (b === 0 ? 1 : 0));
		const A2 = Matrix.build(9, 2, (l, b) => (b === 0 ? l : 0.5));
		const { gradient } = await way.run(createProblem({ A1, A2, A3, E, X, Y }));
		expect(gradient).toBeAllclose(zeros(2));
	});

	test("hypercube inputs with many ties", async () => {
		for (const d of [1, 3, 5]) {
			const sign = (j: number, b: number) => ((j >> b) & 1 ? 1 : -1);
			const corners = Matrix.build(2 ** d, d, sign);
			const { E, Y, A3 } = instance({ n: 2 ** d, d });
			const problem = createProblem({ A1: corners, A2: corners, A3, E, Y, X: Matrix.identity(d) });
			await expectDefinition(way, problem);
			await expectDefinition(way, { ...problem, A3: corners });
		}
	});

	test("keys with a common offset of 10⁶ have the gradient of the keys without it", async () => {
		const problem = instance({ n: 33, d: 3 });
		const shifted = { ...problem, A2: mapEntries(problem.A2, (key) => key + 1e6) };
		const seen = asSeenBy(way, shifted);
		// taking the offset off rounds nothing, whatever was lost when it was put on
		const plain = { ...seen, A2: mapEntries(seen.A2, (key) => key - 1e6) };
		const bound = boundOf(way, way.centresKeys ? plain : seen);
		const { gradient, gradientY } = await way.run(shifted);
		expect(gradient).toBeAllclose(truthOf(plain).gradient, { atol: 2 * bound.gradient });
		expect(gradientY).toBeAllclose(truthOf(plain).gradientY, { atol: 2 * bound.gradientY });
	});

	test("shared inputs: self-attention with A1 = A2 = A3", async () => {
		const { A1, E, X, Y } = instance({ n: 20, d: 4 });
		await expectDefinition(way, createProblem({ A1, A2: A1, A3: A1, E, X, Y }));
	});

	test("scaling the target and the values scales loss and gradient", async () => {
		const problem = instance({ n: 15, d: 3 });
		const doubled = { ...problem, E: scale(problem.E, 2), Y: scale(problem.Y, 2) };
		const [one, two] = [await way.run(problem), await way.run(doubled)];
		// a power of two changes no rounding
		expect(two.gradient).toBeAllclose(scale(one.gradient, 4));
		expect(two.loss).toBe(4 * one.loss);
	});
});

describe.each(ways.filter(({ roundoff }) => roundoff === double))("$name", (way) => {
	const given = instance({ n: 7, d: 3, seed: 11 });
	const problem = asSeenBy(way, given);

	// central differences err by about 1e-10 · L (see there); L is about 4 here
	test("is the central difference of the loss in X and Y", async () => {
		const { gradient, gradientY, loss } = await way.run(given);
		const closeness = { atol: 1e-9 * loss };
		expect(gradient).toBeAllclose(centralDifferences(problem, "X"), closeness);
		expect(gradientY).toBeAllclose(centralDifferences(problem, "Y"), closeness);
	});

	test("is the complex-step derivative of the loss in X and Y", async () => {
		const { gradient, gradientY } = await way.run(given);
		const { gradient: atol, gradientY: atolY } = boundOf(way, problem);
		expect(gradient).toBeAllclose(complexStepGradient(problem, "X"), { atol });
		expect(gradientY).toBeAllclose(complexStepGradient(problem, "Y"), { atol: atolY });
	});
});
