import { asDtype, generateProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import {
	createRuntime,
	type Dtype,
	type KernelName,
	Matrix,
	maxAbs,
	maxAbsDifference,
	multiply,
	multiplyOn,
	type Random,
	seededRandom,
	unitRoundoff,
} from "@attgrad/matrix-core";
import { polynomial } from "../src/index.ts";
import { compareBackward } from "./backward-shape.ts";

/** The outcome of one random shape: the kernel's distance from plain TypeScript, over the distance that is allowed. */
export interface ShapeOutcome {
	readonly description: string;
	/** At most 1 where the kernel is right. */
	readonly share: number;
}

/** Kernels by what is computed. */
const subjects = ["product", "exact", "moment", "reverse", "backward"] as const;

const pick = <T>(random: Random, among: readonly T[]): T => among[Math.floor(random.uniform(0, among.length))];
const whole = (random: Random, low: number, high: number) => Math.floor(random.uniform(low, high + 1));

/** The same matrix as a view that starts some numbers into its buffer, so that its address has no alignment but its own. */
function unaligned({ rows, cols, data, dtype }: Matrix, offset: number): Matrix {
	const buffer = Matrix.zeros(1, offset + data.length, dtype);
	buffer.data.set(data, offset);
	return new Matrix(rows, cols, buffer.data.subarray(offset));
}

/**
 * Draws a shape, a number type and a number of threads from a seed and compares a kernel with plain TypeScript in double
 * precision on the same numbers.
 */
export async function tryShape(seed: number, kernel: KernelName): Promise<ShapeOutcome> {
	const random = seededRandom(seed, "shapes");
	const subject = pick(random, subjects);
	const dtype = pick<Dtype>(random, ["f64", "f32"]);
	const threads = whole(random, 1, 3);
	const runtime = await createRuntime({ kernel, threads });
	try {
		const { shape, share } = await compare(subject, random, dtype, runtime);
		return { description: `seed ${seed}: ${subject}, ${kernel}, ${dtype}, threads ${threads}, ${shape}`, share };
	} finally {
		await runtime.close();
	}
}

async function compare(
	subject: (typeof subjects)[number],
	random: Random,
	dtype: Dtype,
	runtime: Awaited<ReturnType<typeof createRuntime>>,
): Promise<{ shape: string; share: number }> {
	const u = unitRoundoff(dtype);
	if (subject === "backward") return compareBackward(random, dtype, runtime);
	if (subject === "product") {
		const [rows, depth, cols] = [whole(random, 1, 150), whole(random, 1, 300), whole(random, 1, 150)];
		const options = { transposeA: random.uniform(0, 1) < 0.5, transposeB: random.uniform(0, 1) < 0.5 };
		const make = (m: number, k: number, transposed: boolean) => {
			const made = Matrix.build(
				...([transposed ? k : m, transposed ? m : k] as const),
				() => random.uniform(-1, 1),
				dtype,
			);
			return unaligned(made, whole(random, 1, 7));
		};
		const [A, B] = [make(rows, depth, options.transposeA), make(depth, cols, options.transposeB)];
		const got = await multiplyOn(runtime, A, B, options);
		const expected = multiply(A.as("f64"), B.as("f64"), options);
		// an entry sums `depth` products of size <= 1
		const share = maxAbsDifference(got, expected) / ((depth + 1) * depth * u);
		return { shape: `${rows} x ${depth} x ${cols} ${JSON.stringify(options)}`, share };
	}
	const [n, d] = [whole(random, 1, 300), pick(random, [1, 2, 3, 4, 5, 7, 8, 9, 16, 17])];
	const distribution = pick(random, ["uniform", "gaussian", "biased", "heavy-tailed"]);
	const problem = asDtype(generateProblem({ distribution, n, d, B: 1, seed: whole(random, 1, 1e6) }), dtype);
	const rows = (matrix: Matrix) => unaligned(matrix, whole(random, 1, 7));
	const given = { ...problem, A1: rows(problem.A1), A2: rows(problem.A2), A3: rows(problem.A3), E: rows(problem.E) };
	const plain = await createRuntime({ kernel: "js" });
	const degree = whole(random, 0, d > 8 ? 2 : 5);
	const shape = `n ${n}, d ${d}, ${distribution}`;
	if (subject === "exact") {
		const got = await streaming.run(given, {}, runtime);
		const expected = await streaming.run(asDtype(problem, "f64"), {}, plain);
		return { shape, share: shareOf(got.gradient, expected.gradient, dtype, n) };
	}
	const options = polynomial.options.parse({ route: subject, degree });
	const polynomialShape = `${shape}, degree ${degree}`;
	try {
		const expected = await polynomial.run(problem, options, plain);
		const got = await polynomial.run(given, options, runtime);
		return { shape: polynomialShape, share: shareOf(got.gradient, expected.gradient, dtype, n) };
	} catch (failure) {
		// a normaliser that is not positive has to be found on either side
		const refused = await polynomial.run(given, options, runtime).then(
			() => false,
			() => true,
		);
		if (!refused) throw failure;
		return { shape: `${polynomialShape}: refused`, share: 0 };
	}
}

/** Some hundred roundings of sums over n rows of terms within e² of the result's size, which may cancel to nothing. */
function shareOf(got: Matrix, expected: Matrix, dtype: Dtype, n: number): number {
	return maxAbsDifference(got, expected) / (2000 * unitRoundoff(dtype) * (maxAbs(expected) + 1e-3 * n));
}
