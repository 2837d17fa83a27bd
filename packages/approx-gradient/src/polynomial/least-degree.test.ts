import { generateProblem } from "@attgrad/attention-problem";
import { createRuntime, type Runtime } from "@attgrad/matrix-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { polynomial } from "./polynomial.ts";

let runtime: Runtime;
beforeAll(async () => {
	runtime = await createRuntime();
});
afterAll(() => runtime.close());

/** Epsilons in a fine grid, so that many lie where the a-posteriori bound holds a degree before the a-priori one. */
const epsilons = Array.from({ length: 12 }, (_, i) => 10 ** (-2 - i / 2));

test.each(["moment", "reverse"] as const)(
	"on kernels too, epsilon is proved at the least degree whose a-posteriori certificate holds (%s)",
	async (route) => {
		let earlier = 0;
		for (const distribution of ["uniform", "heavy-tailed"]) {
			const problem = generateProblem({ distribution, n: 700, d: 3, B: 0.8, seed: 1 });
			const run = (given: object) => polynomial.run(problem, polynomial.options.parse({ route, ...given }), runtime);
			const bounds = new Map<number, number>();
			const boundAt = async (degree: number): Promise<number> => {
				const bound = bounds.get(degree) ?? (await run({ degree })).certificate!.bound;
				bounds.set(degree, bound);
				return bound;
			};
			for (const epsilon of epsilons) {
				const { degree, certificate } = await run({ epsilon });
				expect(certificate!.bound).toBeLessThanOrEqual(epsilon);
				expect(await boundAt(degree! - 1), `degree ${degree} for epsilon ${epsilon}`).toBeGreaterThan(epsilon);
				if ((await run({ epsilon, certificate: "a-priori" })).degree! > degree!) earlier++;
			}
		}
		// The grid is worth something only where the two kinds differ somewhere.
		expect(earlier).toBeGreaterThan(0);
	},
);
