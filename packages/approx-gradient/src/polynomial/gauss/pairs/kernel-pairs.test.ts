import { asDtype, generateProblem } from "@attgrad/attention-problem";
import { availableKernels, createRuntime } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { profileOn } from "../../method/method-of.ts";
import { keptTotalDegreeTree } from "../../monomials/total-degree.ts";
import { constantsOf, gaussRequest } from "../gauss-request.ts";
import { gaussOnKernels } from "../run/kernel-run.ts";
import { plainGaussRun } from "../run/plain-run.ts";
import { PairCertificate } from "./pair-certificate.ts";
import type { RecordSink } from "./row-record.ts";

const kernels = (await availableKernels()).filter((kernel) => kernel !== "js");

/** The error from the same coins on kernels and in plain TypeScript. */
async function both(
	kernel: (typeof kernels)[number],
	n: number,
	d: number,
	degree: number,
	dtype: "f64" | "f32",
	pairs: number,
) {
	const runtime = await createRuntime({ kernel, threads: 2 });
	const problem = asDtype(generateProblem({ distribution: "gaussian", n, d, B: 0.3, seed: 3 }), dtype);
	const profile = await profileOn(problem, runtime);
	const request = gaussRequest(problem, profile, runtime, "v2");
	const { space } = request;
	const constants = constantsOf(request, degree);
	const input = { problem, profile, space, constants, pairs, seed: 11 };
	const [fast, plain] = [new PairCertificate(input), new PairCertificate(input)];
	const tree = keptTotalDegreeTree(d, degree);
	await gaussOnKernels({ problem, tree, space, constants, route: "moment", records: fast }, runtime);
	// All rows at once, as the kernels' first look at so few takes them.
	const rows: number[] = [];
	const all: RecordSink = {
		places: plain.places,
		take: ({ data, count }) => rows.push(...data.subarray(0, count * plain.places.length)),
		onKernels: () => expect.unreachable("a plain run"),
	};
	await plainGaussRun({ problem, tree, space, constants, route: "moment", records: all });
	expect(rows).toHaveLength(n * plain.places.length);
	plain.take({ data: Float64Array.from(rows), lanes: 1, count: n });
	return { fast, plain };
}

describe.each(kernels)("pairs on kernel %s", (kernel) => {
	test.each([
		[3, 1, 1, "f64", 64],
		[63, 1, 3, "f64", 2000],
		[333, 2, 1, "f64", 300],
		[211, 3, 5, "f64", 20_000],
		[111, 5, 4, "f64", 9000],
		[150, 4, 3, "f32", 9000],
	] as const)(
		"give what plain TypeScript gives: n = %s, d = %s, degree %s, %s, %s pairs",
		async (n, d, degree, dtype, pairs) => {
			const { fast, plain } = await both(kernel, n, d, degree, dtype, pairs);
			for (const failure of [1e-9, 0.2]) {
				const [a, b] = [fast.error(failure), plain.error(failure)];
				expect(a.drawn).toBeGreaterThan(0);
				expect(a.drawn).toBe(b.drawn);
				// Sums of positive and of cancelling terms, all of them parts of bounds of which the error is no less than a thousandth. Keys of single
				// precision are rounded to it in plain TypeScript.
				expect(Math.abs(a.method / b.method - 1)).toBeLessThan(dtype === "f64" ? 1e-6 : 1e-2);
				expect(Math.abs(a.rounding - b.rounding)).toBeLessThanOrEqual((dtype === "f64" ? 1e-9 : 1e-6) * b.rounding);
			}
		},
	);
});
