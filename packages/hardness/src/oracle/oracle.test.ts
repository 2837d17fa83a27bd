import { type Certificate, defineAlgorithm } from "@attgrad/attention-problem";
import { definition, dense, streamingGradient } from "@attgrad/exact-gradient";
import { createRuntime, Matrix, maxAbsDifference } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { uniqueModelFormula } from "../formulas/families.ts";
import { solve } from "../solve/solve.ts";
import { noises } from "../testing/exact-oracle.ts";
import { addNoise } from "./noise.ts";
import { createOracle, type OracleOptions } from "./oracle.ts";

const runtime = await createRuntime({ kernel: "js" });

const satisfiable = uniqueModelFormula({ variables: 6, seed: 1 }).formula;
const unsatisfiable = { variables: 2, clauses: [[1], [-1, 2], [-2]] };

/** An approximate algorithm that computes exactly but says of its error only what is given. */
const declaring = (certificate: Certificate | undefined): OracleOptions["algorithm"] =>
	defineAlgorithm({
		name: "declaring",
		summary: "exact, with a certificate of choice",
		exact: false,
		version: 1,
		options: z.strictObject({ epsilon: z.number().optional() }),
		supports: (_, { epsilon }) => (epsilon === 0 ? { reason: "epsilon 0 is out of reach" } : true),
		run: async (problem) => ({ ...(await streamingGradient(problem)), ...(certificate && { certificate }) }),
	});

const certificate = (kind: Certificate["kind"], bound: number): Certificate => ({
	kind,
	bound,
	radius: 1,
	relativeError: 0,
	floatFloor: 0,
});

test.each([definition, dense])("any exact algorithm serves: $name", async (algorithm) => {
	const oracle = createOracle({ algorithm, runtime });
	const small = { variables: 3, clauses: [[1, -2], [2, 3], [-3]] };
	expect((await solve(small, { oracle })).status).toBe("satisfiable");
	expect((await solve(unsatisfiable, { oracle })).status).toBe("unsatisfiable");
});

test("calls are counted, and told one by one", async () => {
	const told: number[] = [];
	const oracle = createOracle({ algorithm: dense, runtime, onCall: (calls) => told.push(calls) });
	const first = await solve(unsatisfiable, { oracle, reduction: "R3", thetaMax: 5 });
	const second = await solve(unsatisfiable, { oracle });
	expect(oracle.calls).toBe(first.calls + second.calls);
	expect(second.calls).toBe(1);
	expect(told).toEqual(Array.from({ length: oracle.calls }, (_, i) => i + 1));
});

test("a certificate small enough decides; one too large does not, and says which would", async () => {
	const fine = createOracle({ algorithm: declaring(certificate("a-posteriori", 1e-6)), runtime });
	expect((await solve(unsatisfiable, { oracle: fine })).status).toBe("unsatisfiable");
	const coarse = createOracle({ algorithm: declaring(certificate("a-priori", 1)), runtime });
	expect(await solve(unsatisfiable, { oracle: coarse })).toMatchObject({
		status: "unknown",
		reason: expect.stringContaining("an oracle error below"),
	});
});

test.each([undefined, certificate("estimate", 1e-9), certificate("none", 1e-9)])(
	"without a proof of the error (%j) a model still counts, because it is checked; its absence does not",
	async (unproven) => {
		const oracle = createOracle({ algorithm: declaring(unproven), runtime });
		expect((await solve(satisfiable, { oracle })).status).toBe("satisfiable");
		expect(await solve(unsatisfiable, { oracle })).toMatchObject({
			status: "unknown",
			reason: expect.stringContaining("proves no error bound"),
		});
	},
);

test("an algorithm that does not take the problem makes the answer unknown, with its reason", async () => {
	const oracle = createOracle({ algorithm: declaring(undefined), options: () => ({ epsilon: 0 }), runtime });
	expect(await solve(satisfiable, { oracle })).toMatchObject({
		status: "unknown",
		reason: "epsilon 0 is out of reach",
	});
});

test("options of the algorithm are made for the sizes of the problem", async () => {
	const seen: number[] = [];
	const options: OracleOptions["options"] = ({ epsilon }) => {
		seen.push(epsilon);
		return { epsilon };
	};
	const oracle = createOracle({ algorithm: declaring(certificate("a-priori", 1e-6)), options, runtime });
	const { sizes } = await solve(unsatisfiable, { oracle });
	expect(seen).toEqual([sizes!.epsilon]);
});

test("noise moves every entry by at most epsilon, adversarial noise by exactly that, random noise anew each call", () => {
	const gradient = Matrix.build(5, 4, (i, j) => i - j);
	for (const noise of noises(0.25)) {
		const noisy = addNoise(gradient, noise, () => 1, 0);
		expect(maxAbsDifference(noisy, gradient)).toBeLessThanOrEqual(0.25);
		if (noise.kind === "random") expect(addNoise(gradient, noise, () => 1, 1).data).not.toEqual(noisy.data);
		else expect(noisy.at(2, 1) - gradient.at(2, 1)).toBe(noise.reversed ? -0.25 : 0.25);
	}
});
