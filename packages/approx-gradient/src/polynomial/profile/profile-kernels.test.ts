import { type AttentionProblem, asDtype, distributions, generateProblem } from "@attgrad/attention-problem";
import { availableKernels, createRuntime, type Dtype, Matrix, unitRoundoff } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { uncovered } from "../../testing/uncovered.ts";
import { profileOf } from "./profile.ts";
import { kernelSums } from "./profile-kernels.ts";
import { type ProfileSums, plainSums } from "./profile-sums.ts";
import { productSizes } from "./row-numbers.ts";

const kernels = (await availableKernels()).filter((kernel) => kernel !== "js");
const dtypes: readonly Dtype[] = ["f64", "f32"];
const u = unitRoundoff("f64");

const times = ({ rows, cols, data }: Matrix, factor: number, offset = 0): Matrix =>
	new Matrix(
		rows,
		cols,
		data.map((x) => x * factor + offset),
	);

/**
 * Goes through the four passes and expects what the plain ones give, up to the roundings of the units that they tell (`profileOf` counts the same):
 * gives those units.
 */
async function expectPlainSums(problem: AttentionProblem, sums: ProfileSums): Promise<number[]> {
	const { n, d, X, Y, scale } = problem;
	const plain = plainSums(problem);
	const within = (what: string, got: ArrayLike<number>, expected: ArrayLike<number>, off: (at: number) => number) => {
		for (let at = 0; at < expected.length; at++) {
			const message = `${what}[${at}] is ${got[at]}, the plain one is ${expected[at]}`;
			expect(Math.abs(got[at] - expected[at]), message).toBeLessThanOrEqual(off(at));
		}
	};

	const [keys, plainKeys] = [await sums.keyRanges(), await plain.keyRanges()];
	const valueSizes = productSizes(plainKeys.inputSizes, Y);
	const valueErrors = valueSizes.map((size) => (d + 3) * (keys.type.unit + u) * size);
	expect(keys.range).toEqual(plainKeys.range);
	expect(keys.inputSizes).toEqual(plainKeys.inputSizes);
	within("least value", keys.values.min, plainKeys.values.min, (i) => valueErrors[i]);
	within("largest value", keys.values.max, plainKeys.values.max, (i) => valueErrors[i]);
	within("norm of keys", [keys.norm], [plainKeys.norm], () => (d + 2) * (keys.type.unit + u) * plainKeys.norm);

	const [queries, plainQueries] = [await sums.queryRanges(), await plain.queryRanges()];
	const queryErrors = (unit: number) =>
		productSizes(plainQueries.inputSizes, X).map((size) => (d + 4) * (unit + u) * size * scale);
	const normError = (unit: number, norm: number) => (d + 2) * (unit + u) * norm + Math.hypot(...queryErrors(unit));
	expect(queries.inputSizes).toEqual(plainQueries.inputSizes);
	within("least query", queries.range.min, plainQueries.range.min, (b) => queryErrors(queries.type.unit)[b]);
	within("largest query", queries.range.max, plainQueries.range.max, (b) => queryErrors(queries.type.unit)[b]);
	within("norm of queries", [queries.norm], [plainQueries.norm], () => normError(queries.type.unit, plainQueries.norm));

	const [centre, valueMiddle] = [plainQueries.range.middle(), plainKeys.values.middle()];
	const centred = await sums.centredQueries(centre, valueMiddle);
	const plainCentred = await plain.centredQueries(centre, valueMiddle);
	// Terms and sums of 64 in the unit, the sum over all rows in double precision.
	const sumError = (unit: number) => 80 * unit + n * u;
	const { inputSums, targetSums } = plainCentred;
	within("norm", [centred.norm], [plainCentred.norm], () => normError(centred.type.unit, plainCentred.norm));
	within("inputs", centred.inputSums, inputSums, (a) => sumError(centred.type.unit) * inputSums[a]);
	within("targets", centred.targetSums.data, targetSums.data, (at) => {
		const moved = 2 * centred.type.unit * Math.abs(valueMiddle[at % d]) * inputSums[Math.floor(at / d)];
		return sumError(centred.type.unit) * targetSums.data[at] + moved;
	});

	const { queryCentre } = await profileOf(problem);
	const middle = plainKeys.range.middle();
	const half = plainKeys.range.half();
	const weighted = await sums.centredKeys(middle, queryCentre, valueMiddle);
	const plainWeighted = await plain.centredKeys(middle, queryCentre, valueMiddle);
	const moved = middle.map((x) => weighted.type.unit * Math.abs(x));
	const largest = half.reduce((sum, reach, b) => sum + Math.abs(queryCentre[b]) * (reach + moved[b]), 0);
	const weightError =
		sumError(weighted.type.unit) + 4 * weighted.type.unit + (d + 4) * weighted.type.unit * (2 + 3 * largest);
	const keyNormError = (d + 2) * (weighted.type.unit + u) * plainWeighted.norm + Math.hypot(...moved);
	within("norm of centred keys", [weighted.norm], [plainWeighted.norm], () => keyNormError);
	within("mean key", weighted.mean, plainWeighted.mean, (b) => 4 * weightError * half[b] + moved[b]);
	within("mean value", weighted.valueMean, plainWeighted.valueMean, (i) => {
		return 3 * weightError * plainWeighted.valueMean[i] + (d + 4) * (weighted.type.unit + u) * valueSizes[i];
	});
	return [keys, queries, centred, weighted].map(({ type }) => type.unit);
}

describe.each(kernels)("kernel %s", (kernel) => {
	it.each(dtypes)("gives the plain sums up to the roundings that it tells, %s", async (dtype) => {
		const runtime = await createRuntime({ kernel, threads: 2 });
		for (const [n, d, distribution] of [
			[1, 1, "uniform"],
			[3, 2, "biased"],
			[65, 7, "heavy-tailed"],
			[5001, 3, "gaussian"],
			[70_000, 2, "biased"],
			// rows of four columns have passes of their own
			[1, 4, "uniform"],
			[33, 4, "heavy-tailed"],
			[5001, 4, "biased"],
			[70_000, 4, "gaussian"],
		] as const) {
			const problem = asDtype(generateProblem({ distribution, n, d, B: 1, seed: n }), dtype);
			const units = await expectPlainSums(problem, kernelSums(problem, runtime));
			const unit = d === 4 ? unitRoundoff(dtype) : u;
			expect(units, `d = ${d}`).toEqual([unit, unit, unit, unit]);
		}
		await runtime.close();
	});

	it("covers in single precision what its own roundings may hide, far from the origin and of any size too", async () => {
		const runtime = await createRuntime({ kernel });
		for (const n of [2, 7, 8, 9, 64, 65, 150])
			for (const distribution of distributions)
				for (const [factor, offset] of [
					[1, 0],
					[1, 3],
					[0.01, 5],
					[1e-6, 1],
					[1e-15, 0],
					[1e-25, 0],
				] as const) {
					const rest = generateProblem({ distribution, n, d: 4, B: 1, seed: n });
					const [A1, A2, A3, E] = [rest.A1, rest.A2, rest.A3, rest.E].map((M) => times(M, factor, offset));
					const problem = asDtype({ ...rest, A1: A1, A2: A2, A3: A3, E: E }, "f32");
					const profile = await profileOf(problem, kernelSums(problem, runtime));
					expect(uncovered(problem, profile), `${distribution}, n ${n}, ${offset} ± ${factor}`).toEqual([]);
				}
		await runtime.close();
	});

	it("goes in double precision from the pass on where single precision would overflow or lose all", async () => {
		const runtime = await createRuntime({ kernel });
		const rest = generateProblem({ distribution: "uniform", n: 21, d: 4, B: 1, seed: 2 });
		for (const [changed, singles] of [
			[{ A2: times(rest.A2, 1e-25), A1: times(rest.A1, 1e25) }, 0],
			[{ A2: times(rest.A2, 1e25), A1: times(rest.A1, 1e-25) }, 0],
			[{ A3: times(rest.A3, 1e-20), Y: times(rest.Y, 1e-20) }, 0],
			[{ X: times(rest.X, 1e30), A1: times(rest.A1, 1e-30) }, 1],
			[{ E: times(rest.E, 3e38) }, 2],
		] as const) {
			const problem = asDtype({ ...rest, ...changed }, "f32");
			const units = await expectPlainSums(problem, kernelSums(problem, runtime));
			const single = unitRoundoff("f32");
			expect(units, Object.keys(changed).join()).toEqual([0, 1, 2, 3].map((pass) => (pass < singles ? single : u)));
		}
		await runtime.close();
	});
});
