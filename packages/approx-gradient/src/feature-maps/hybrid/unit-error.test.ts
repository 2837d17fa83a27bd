import { ExactMatrix, fixedExponential, PLACES } from "@attgrad/attention-problem/reference";
import { availableKernels, createRuntime, Matrix, type Random, seededRandom } from "@attgrad/matrix-core";
import { afterAll, describe, expect, test } from "vitest";
import { hybridMap } from "./hybrid-map.ts";

const runtimes = await Promise.all((await availableKernels()).map((kernel) => createRuntime({ kernel })));
afterAll(() => Promise.all(runtimes.map((runtime) => runtime.close())));

/** e^(−‖x − y‖²/2) of all pairs, in whole numbers. */
function exactKernel(x: Matrix, y: Matrix): ExactMatrix {
	const entries: bigint[] = [];
	for (let j = 0; j < x.rows; j++)
		for (let l = 0; l < y.rows; l++) {
			const difference = ExactMatrix.of(x.slice(j, j + 1)).minus(ExactMatrix.of(y.slice(l, l + 1)));
			const { data, exponent } = difference.times(difference.transposed());
			entries.push(fixedExponential(-data[0], exponent - 1));
		}
	return new ExactMatrix(x.rows, y.rows, entries, -PLACES);
}

const frobenius = (M: ExactMatrix): number => Math.hypot(...M.toMatrix().data);

/** L⁻¹ for the Cholesky factor of about the kernel matrix of some points; what is not positive is left out. */
function inverseFactor(points: Matrix): Matrix {
	const m = points.rows;
	const rows: Float64Array[] = [];
	const kernel = exactKernel(points, points).toMatrix();
	// Gram and Schmidt in the inner product of the kernel matrix.
	for (let s = 0; s < m; s++) {
		const row = new Float64Array(m);
		row[s] = 1;
		const times = (x: Float64Array, y: Float64Array) =>
			x.reduce((sum, a, i) => sum + (a === 0 ? 0 : a * y.reduce((inner, b, k) => inner + b * kernel.at(i, k), 0)), 0);
		for (let pass = 0; pass < 2; pass++)
			for (const before of rows) {
				const part = times(before, row);
				for (let i = 0; i < m; i++) row[i] -= part * before[i];
			}
		const size = times(row, row);
		if (size > 1e-10) rows.push(row.map((x) => x / Math.sqrt(size)));
	}
	return Matrix.build(rows.length, m, (s, i) => rows[s][i]);
}

type Kind = (m: number, d: number, random: Random) => Matrix;
const rows = (m: number, d: number, entry: (row: number, column: number) => number) => Matrix.build(m, d, entry);
const kinds: Record<string, Kind> = {
	"points side by side": (m, d, random) => rows(m, d, () => random.uniform(-1, 1)),
	"points apart": (m, d, random) => rows(m, d, () => 20 * random.normal()),
	"two clusters": (m, d, random) => rows(m, d, (s) => (s % 2 === 0 ? 40 : -40) + random.normal()),
	"points far from the origin": (m, d, random) => rows(m, d, () => 100 + random.normal()),
	"nearly the same points": (m, d, random) => rows(m, d, (s) => (s % 3) + 1e-4 * random.normal()),
};

describe.each(runtimes)("on the kernel $kernel", (runtime) => {
	test.each(Object.entries(kinds))("%s: features are off by no more than their unit error says", async (_, made) => {
		for (let seed = 0; seed < 12; seed++) {
			const random = seededRandom(seed, "unit error");
			const [m, d] = [random.integer(1, 12), random.integer(1, 4)];
			const points = made(m, d, random);
			const inverse = inverseFactor(points);
			const [origin, one] = [new Float64Array(d), Matrix.identity(d)];
			const coordinates = {
				...{ queryCentre: origin, keyCentre: origin, ofQuery: one, ofKey: one },
				...{ spread: new Float64Array(d).fill(1), mismatch: 0 },
			};
			const queries = rows(9, d, (j, b) => points.at(j % m, b) + (j % 2 === 0 ? 0 : random.normal()));
			let size = 0;
			for (let j = 0; j < 9; j++) size = Math.max(size, Math.hypot(...queries.row(j)));
			const sizes = { query: size * (1 + 1e-12), key: size * (1 + 1e-12), centre: 1e-300 };
			const map = await hybridMap({ coordinates, points, inverse, shift: 0, sizes }, runtime);
			const B = ExactMatrix.of(inverse);
			const gram = B.times(exactKernel(points, points)).times(B.transposed());
			const eta = frobenius(gram.minus(ExactMatrix.of(Matrix.identity(inverse.rows))));
			const computed = ExactMatrix.of(await map.queryFeatures(queries));
			const exact = exactKernel(queries, points).times(B.transposed());
			const { data } = computed.minus(exact).toMatrix();
			for (let j = 0, K = inverse.rows; j < 9; j++)
				expect(2 * eta + 8 * Math.hypot(...data.subarray(j * K, (j + 1) * K))).toBeLessThanOrEqual(map.unit);
		}
	});
});
