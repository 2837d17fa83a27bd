import { afterAll, describe, expect, test } from "vitest";
import "../testing.ts";
import { Matrix, unitRoundoff } from "../matrix.ts";
import { seededRandom } from "../random.ts";
import { availableKernels } from "../runtime/choice.ts";
import { createRuntime } from "../runtime/runtime.ts";
import { exp } from "./entrywise.ts";
import { matrixOf, withMatrices } from "./placed-matrices.ts";
import { multiply, transpose } from "./products.ts";

const runtimes = await Promise.all((await availableKernels()).map((kernel) => createRuntime({ kernel, threads: 2 })));
afterAll(() => Promise.all(runtimes.map((runtime) => runtime.close())));

const uniform = seededRandom(3, "placed");
const random = (rows: number, cols: number) => Matrix.build(rows, cols, () => uniform.uniform(-1, 1));

describe.each(runtimes)("$kernel", (runtime) => {
	test.each([
		[1, 1, 1],
		[7, 17, 5],
		[63, 111, 65],
		[201, 300, 9],
	])("products of placed matrices, %i x %i x %i, are the reference's, and operands of others", async (m, k, n) => {
		const [A, B] = [random(m, k), random(k, n)];
		// A sum of k products of size <= 1, and then one of n.
		const atol = (k + 1) * k * unitRoundoff("f64");
		await withMatrices(runtime, async (matrices) => {
			const C = await matrices.product(matrices.place(A), matrices.place(B));
			expect(matrixOf(C)).toBeAllclose(multiply(A, B), { atol });
			const D = await matrices.product(C, matrices.place(B), { transposeB: true });
			expect(matrixOf(D)).toBeAllclose(multiply(multiply(A, B), transpose(B)), { atol: 4 * n * atol });
		});
	});

	test.each([1, 2, 63, 111, 250])("a symmetric product of %i rows has both halves", async (m) => {
		const A = random(m, 33);
		await withMatrices(runtime, async (matrices) => {
			const placed = matrices.place(A);
			const whole = multiply(A, A, { transposeB: true });
			const made = matrixOf(await matrices.product(placed, placed, { transposeB: true, symmetric: true }));
			expect(made).toBeAllclose(whole, { atol: 34 * 33 * unitRoundoff("f64") });
			expect(made).toEqual(transpose(made));
		});
	});

	test("rows may be apart, and exponentials are in place", async () => {
		const A = random(30, 40);
		await withMatrices(runtime, async (matrices) => {
			const { data } = matrices.place(A);
			const part = { rows: 12, cols: 9, stride: 40, data: data.subarray(40 * 5 + 3) };
			const own = Matrix.build(12, 9, (i, k) => A.at(5 + i, 3 + k));
			expect(matrixOf(await matrices.product(part, part, { transposeA: true }))).toBeAllclose(
				multiply(own, own, { transposeA: true }),
				{ atol: 13 * 12 * unitRoundoff("f64") },
			);
			const placed = matrices.place(own);
			await matrices.exponentiate(placed);
			expect(matrixOf(placed)).toBeAllclose(exp(own), { rtol: 4 * unitRoundoff("f64") });
		});
	});

	test("a scope gives its room back", async () => {
		await withMatrices(runtime, async (matrices) => {
			const kept = matrices.place(random(3, 3));
			const before = matrixOf(kept);
			await matrices.scope(async () => matrices.room(100, 100, "f64").data.fill(7));
			expect(matrixOf(kept)).toEqual(before);
			expect(matrices.room(2, 2, "f64").rows).toBe(2);
		});
	});
});
