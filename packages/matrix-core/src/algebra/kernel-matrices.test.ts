import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import "../testing.ts";
import { type Dtype, Matrix, unitRoundoff } from "../matrix.ts";
import { seededRandom } from "../random.ts";
import { availableKernels } from "../runtime/choice.ts";
import { createRuntime } from "../runtime/runtime.ts";
import { exp } from "./entrywise.ts";
import { expOn, exponentialProductOn, multiplyOn, productRowsOn } from "./kernel-matrices.ts";
import { multiply } from "./products.ts";
import { maxAbsDifference } from "./reductions.ts";

const kernels = await availableKernels();
const runtimes = await Promise.all(kernels.map((kernel) => createRuntime({ kernel, threads: 2 })));
const cases = runtimes.flatMap((runtime) => (["f64", "f32"] as const).map((dtype) => ({ runtime, dtype })));
const named = cases.map((each) => ({ ...each, name: `${each.runtime.kernel}/${each.dtype}` }));

afterAll(async () => {
	for (const runtime of runtimes) await runtime.close();
});

/** Uniform in [-1, 1], as a view that starts `offset` numbers into its buffer. */
function random(rows: number, cols: number, dtype: Dtype, seed: string, offset = 0): Matrix {
	const uniform = seededRandom(1, seed);
	const buffer = Matrix.build(1, offset + rows * cols, () => uniform.uniform(-1, 1), dtype);
	return new Matrix(rows, cols, buffer.data.subarray(offset));
}

describe.each(named)("$name", ({ runtime, dtype }) => {
	/** Checks op(A) op(B) against the reference in double precision: each entry sums k products of size <= 1. */
	async function expectProduct(rows: number, depth: number, cols: number, transposeA: boolean, transposeB: boolean) {
		const A = transposeA ? random(depth, rows, dtype, "A", 1) : random(rows, depth, dtype, "A", 1);
		const B = transposeB ? random(cols, depth, dtype, "B", 3) : random(depth, cols, dtype, "B", 3);
		const options = { transposeA, transposeB };
		const product = await multiplyOn(runtime, A, B, options);
		expect(product.dtype).toBe(dtype);
		expect(product).toBeAllclose(multiply(A.as("f64"), B.as("f64"), options), {
			atol: (depth + 1) * depth * unitRoundoff(dtype),
		});
	}

	test.each([
		[1, 1, 1],
		[2, 3, 5],
		[7, 17, 1],
		[63, 65, 7],
		[97, 257, 17],
		[5, 600, 111],
	])("a product %i x %i x %i is the reference's, from unaligned views", (rows, depth, cols) =>
		expectProduct(rows, depth, cols, false, false),
	);

	test("a product takes either operand transposed, for any shape", async () => {
		const size = fc.integer({ min: 1, max: 70 });
		await fc.assert(fc.asyncProperty(size, size, size, fc.boolean(), fc.boolean(), expectProduct), { numRuns: 30 });
	});

	test.each([
		[1, 1, 1],
		[7, 17, 5],
		[97, 33, 16],
		[0, 3, 2],
	])(
		"the rows of a product %i x %i x %i come in order, and are those of the whole product",
		async (rows, depth, cols) => {
			const [A, B] = [random(rows, depth, dtype, "A"), random(cols, depth, dtype, "B")];
			const whole = await multiplyOn(runtime, A, B, { transposeB: true });
			let next = 0;
			await productRowsOn(runtime, A, B, { transposeB: true }, (row, i) => {
				expect(i).toBe(next++);
				expect(Array.from(row)).toEqual(Array.from(whole.row(i)));
			});
			expect(next).toBe(rows);
		},
	);

	test("rows of a product whose inner sizes differ are refused", async () => {
		await expect(
			productRowsOn(runtime, random(2, 3, dtype, "A"), random(2, 2, dtype, "B"), {}, () => {}),
		).rejects.toThrow("inner sizes differ");
	});

	test("a product of empty matrices is empty, and of no depth zero", async () => {
		expect((await multiplyOn(runtime, Matrix.zeros(0, 3, dtype), Matrix.zeros(3, 2, dtype))).data.length).toBe(0);
		expect(await multiplyOn(runtime, Matrix.zeros(2, 0, dtype), Matrix.zeros(0, 3, dtype))).toBeAllclose(
			Matrix.zeros(2, 3),
		);
	});

	test("operands that do not fit are refused", async () => {
		const multiplied = multiplyOn(runtime, Matrix.zeros(2, 3, dtype), Matrix.zeros(2, 3, dtype));
		await expect(multiplied).rejects.toThrow("multiply: inner sizes differ: 2 x 3 times 2 x 3");
	});

	const [least, most] = dtype === "f64" ? [-708.3, 709.7] : [-87.3, 88.7];

	test("the exponential is within 2 ulp where its result is a normal number", async () => {
		const count = 20011;
		const x = Matrix.build(1, count, (_, i) => least + ((most - least) * i) / (count - 1), dtype);
		const y = await expOn(runtime, x);
		let worst = 0;
		for (let i = 0; i < count; i++) worst = Math.max(worst, Math.abs(y.data[i] / Math.exp(x.data[i]) - 1));
		// 2 ulp are 4 u at the most; Math.exp itself errs by 1 ulp in double precision
		expect(worst).toBeLessThanOrEqual(dtype === "f64" ? 6 * unitRoundoff("f64") : 4 * unitRoundoff("f32"));
	});

	test("the exponential near 0 is exact to 2 ulp, and 1 at 0", async () => {
		const x = Matrix.fromRows([[0, -0, 1e-30, -1e-30, 1e-5, -1e-5]], dtype);
		const y = await expOn(runtime, x);
		expect([...y.data].slice(0, 4)).toEqual([1, 1, 1, 1]);
		for (const i of [4, 5])
			expect(Math.abs(y.data[i] - Math.exp(x.data[i]))).toBeLessThanOrEqual(4 * unitRoundoff(dtype));
	});

	test("the exponential underflows to 0, overflows to Infinity, and keeps NaN", async () => {
		const x = [-1e30, -1e5, Number.NEGATIVE_INFINITY, 1e5, Number.POSITIVE_INFINITY, Number.NaN, 1];
		const y = await expOn(runtime, Matrix.fromRows([x], dtype));
		expect([...y.data].slice(0, 6)).toEqual([0, 0, 0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN]);
		expect(y.data[6]).toBeCloseTo(Math.E, 5);
	});

	test.each([
		[1, 1, 1, 1],
		[63, 3, 111, 2],
		[1540, 5, 40, 33],
	])("e^(A Bᵀ) C is the product of the exponentials, %d x %d x %d x %d", async (n, k, m, c) => {
		const [A, B, C] = [random(n, k, dtype, "A"), random(m, k, dtype, "B"), random(m, c, dtype, "C")];
		const made = await exponentialProductOn(runtime, A, B, C);
		const wanted = multiply(exp(multiply(A.as("f64"), B.as("f64"), { transposeB: true })), C.as("f64"));
		// Exponents are sums of k terms below 1 in size, and sums of m terms follow, each at most e^k.
		const tolerance = (k * k + m + 8) * m * Math.exp(k) * unitRoundoff(dtype);
		expect(maxAbsDifference(made.as("f64"), wanted)).toBeLessThanOrEqual(tolerance);
	});

	test("the exponential underflows gradually", async () => {
		const x = Matrix.fromRows([dtype === "f64" ? [-709, -720, -740] : [-88, -95, -102]], dtype);
		const y = await expOn(runtime, x);
		const smallest = dtype === "f64" ? 2 ** -1074 : 2 ** -149;
		for (let i = 0; i < 3; i++)
			expect(Math.abs(y.data[i] - Math.exp(x.data[i]))).toBeLessThanOrEqual(
				1.5 * smallest + 4 * unitRoundoff(dtype) * y.data[i],
			);
	});
});

test("every number of threads gives the same product, to the last bit", async () => {
	const [A, B] = [random(300, 70, "f64", "A"), random(70, 41, "f64", "B")];
	const kernel = kernels.at(-1)!;
	const products = [];
	for (const threads of [1, 2, 3]) {
		const runtime = await createRuntime({ kernel, threads });
		products.push(await multiplyOn(runtime, A, B));
		await runtime.close();
	}
	expect(products[1]).toEqual(products[0]);
	expect(products[2]).toEqual(products[0]);
});
