import { Matrix, seededRandom } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { randomDirections, randomFeatureMap } from "./random-feature-map.ts";

const scale = { t: 1.5, centre: Float64Array.of(0.1, -0.2, 0.3), largest: 1, radius: 1 };
const queries = Matrix.fromRows([
	[0.5, -0.4, 0.3],
	[-0.2, 0.6, 0.1],
]);
const keys = Matrix.fromRows([
	[0.9, 0.1, -0.3],
	[-0.5, -0.8, 0.2],
	[0.3, 0.3, 0.9],
]);

/** Ratios of two entries of a row, which the row's factor cannot touch, as e^(score difference): mean over many draws. */
function entriesOf(features: number, orthogonal: boolean, seed: number): Matrix {
	const directions = randomDirections(features, 3, orthogonal, seededRandom(seed, "test"));
	const map = randomFeatureMap(scale, directions);
	const [Phi, Psi] = [map.queryFeatures(queries), map.keyFeatures(keys, 0)];
	// the row's factor, taken back from the first feature: φ_1 = e^(<w, x> + ‖w‖²/2 − largest)
	return Matrix.build(2, 3, (j, l) => {
		let [sum, exponent, square] = [0, 0, 0];
		for (let m = 0; m < features; m++) sum += Phi.at(j, m) * Psi.at(l, m);
		for (let b = 0; b < 3; b++) {
			const w = directions.at(0, b);
			exponent += (w * queries.at(j, b)) / scale.t + (w * w) / 2;
			square += (queries.at(j, b) / scale.t) ** 2;
		}
		return (sum / Phi.at(j, 0)) * (Math.exp(exponent - square / 2) / features);
	});
}

describe.each([true, false])("random features, orthogonal %s", (orthogonal) => {
	it("estimate every exponential without bias", () => {
		const draws = 3000;
		const all = Array.from({ length: draws }, (_, seed) => entriesOf(3, orthogonal, seed));
		for (let j = 0; j < 2; j++)
			for (let l = 0; l < 3; l++) {
				let score = 0;
				for (let b = 0; b < 3; b++) score += queries.at(j, b) * (keys.at(l, b) - scale.centre[b]);
				const values = all.map((entries) => entries.at(j, l));
				const mean = values.reduce((sum, x) => sum + x, 0) / draws;
				const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (draws - 1) / draws);
				expect(deviation).toBeLessThan(0.05);
				expect(Math.abs(mean - Math.exp(score))).toBeLessThan(4 * deviation);
			}
	});

	it("are positive and at most 1", () => {
		const map = randomFeatureMap(scale, randomDirections(40, 3, orthogonal, seededRandom(1)));
		for (const x of [...map.queryFeatures(queries).data, ...map.keyFeatures(keys, 0).data]) {
			expect(x).toBeGreaterThan(0);
			expect(x).toBeLessThanOrEqual(1);
		}
	});
});

describe("directions", () => {
	it("are orthogonal in blocks of d where asked for", () => {
		const W = randomDirections(8, 3, true, seededRandom(2));
		for (let m = 0; m < 8; m++)
			for (let k = 0; k < m; k++) {
				if (Math.floor(m / 3) !== Math.floor(k / 3)) continue;
				let inner = 0;
				for (let b = 0; b < 3; b++) inner += W.at(m, b) * W.at(k, b);
				expect(Math.abs(inner)).toBeLessThan(1e-14 * Math.hypot(...W.row(m)) * Math.hypot(...W.row(k)) + 1e-15);
			}
	});

	it("have the lengths of independent Gaussian rows", () => {
		const W = randomDirections(3000, 3, true, seededRandom(3));
		let square = 0;
		for (let m = 0; m < 3000; m++) square += Math.hypot(...W.row(m)) ** 2;
		// mean d = 3, standard error √(2d/K)
		expect(Math.abs(square / 3000 - 3)).toBeLessThan(4 * Math.sqrt(6 / 3000));
	});
});
