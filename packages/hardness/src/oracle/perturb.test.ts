import { expect, test } from "vitest";
import { orthogonalCounting } from "../reductions/orthogonal/orthogonal-counting.ts";
import { orthogonalGradient } from "../reductions/orthogonal/orthogonal-gradient.ts";
import { exactOracle, noises } from "../testing/exact-oracle.ts";
import { randomVectors } from "../testing/random-vectors.ts";
import { perturb } from "./perturb.ts";

const source = randomVectors({ queries: 6, keys: 5, length: 6, ones: 0.5, seed: 2 });

test("adversarial noise on exact readings is what a noisy oracle answers, random noise has the same bound", async () => {
	for (const { target } of [orthogonalGradient.reduce(source), orthogonalCounting.reduce(source, { thetaMax: 2 })]) {
		const exact = await exactOracle().ask(target);
		for (const noise of noises(0.01)) {
			const perturbed = perturb(target, exact, noise);
			const asked = await exactOracle(noise).ask(target);
			expect(perturbed.error).toEqual(asked.error);
			if (noise.kind === "adversarial") expect(perturbed.entries).toEqual(asked.entries);
			for (const [call, entries] of perturbed.entries.entries())
				for (const [at, entry] of entries.entries())
					expect(Math.abs(entry - exact.entries[call][at])).toBeLessThanOrEqual(0.01 * (1 + 1e-12));
		}
	}
});
