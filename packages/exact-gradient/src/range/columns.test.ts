import {
	asDtype,
	createBackwardProblem,
	createOperands,
	everyKey,
	type Visibility,
	visibleKeys,
} from "@attgrad/attention-problem";
import { type ExactMatrix, operatorTruth, truthOf } from "@attgrad/attention-problem/reference";
import {
	availableKernels,
	ComputationError,
	createRuntime,
	type Dtype,
	Matrix,
	mapEntries,
	maxAbs,
	seededRandom,
} from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { operatorForward } from "../backward/forward.ts";
import { problemGradients } from "../backward/problem-gradients.ts";
import { backwardWays, rounded } from "../testing/backward-ways.ts";
import { instance } from "../testing/instances.ts";
import { ways } from "../testing/ways.ts";
import { withoutOffsets } from "./offsets.ts";

const [n, d] = [9, 3];

/** A size far from ordinary, as a power of two. */
const far = { f64: 2 ** 797, f32: 2 ** 90 } as const;

/** Largest error of an entry over the largest entry, of each column; of a column of zeros the error over the largest entry of all. */
function columnErrors(truth: ExactMatrix, computed: Matrix): number[] {
	const rounded = truth.toMatrix();
	return Array.from({ length: rounded.cols }, (_, b) => {
		let [error, size] = [0, 0];
		for (let i = 0; i < rounded.rows; i++) {
			error = Math.max(error, Math.abs(rounded.at(i, b) - computed.at(i, b)));
			size = Math.max(size, Math.abs(rounded.at(i, b)));
		}
		return error / (size || maxAbs(rounded));
	});
}

const withColumn = (matrix: Matrix, column: number, entry: (i: number) => number): Matrix =>
	Matrix.build(matrix.rows, matrix.cols, (i, b) => (b === column ? entry(i) : matrix.at(i, b)));

test.each(ways)("a constant column of A2 counts as no size, however large: $name", async (way) => {
	for (const size of [far[way.dtype], 1 / far[way.dtype]]) {
		const given = instance({ n, d });
		const problem = { ...given, A2: withColumn(given.A2, 1, () => -size) };
		const { gradient } = await way.run(problem);
		const truth = truthOf(asDtype(problem, way.dtype)).gradient;
		const tolerance = 16 * n * Math.max(way.roundoff, way.sumRoundoff);
		for (const error of columnErrors(truth, gradient)) expect(error, `${size}`).toBeLessThan(tolerance);
	}
});

test.each(ways)("a nearly constant column of A2 counts by its spread: $name", async (way) => {
	const size = far[way.dtype];
	const given = instance({ n, d });
	const A2 = withColumn(given.A2, 1, (l) => size * (1 + l * 2 ** -18));
	const X = withColumn(given.X, 1, (a) => given.X.at(a, 1) * (2 ** 18 / size));
	const problem = { ...given, A2, X };
	const truth = truthOf(asDtype(problem, way.dtype)).gradient;
	const { gradient } = await way.run(problem);
	// scores up to n, sums of n and of d terms
	for (const error of columnErrors(truth, gradient))
		expect(error).toBeLessThan(64 * n * Math.max(way.roundoff, way.sumRoundoff));
});

const masks: readonly Visibility[] = [everyKey, { mask: "causal", window: 4 }];

/** Sizes of the second column of V and of dO, then of the others (default: ordinary), as exponents of 2 in parts of 120 in single precision and of 960 in double. */
const columnSizes: readonly (readonly [v: number, o: number, others?: readonly [v: number, o: number]])[] = [
	[-0.6, 0, [0.6, 0]],
	[0, -0.6, [0, 0.6]],
	[-0.4, -0.3, [0.4, 0.2]],
	[-1, 0],
	[0, -1],
	[-1, -0.3],
	[-0.5, -0.4],
	[-1, 1],
	[0.9, 0],
	[0.5, 0.4],
	[1, -1],
];

const unit = { f64: 960, f32: 120 } as const;

for (const visibility of masks)
	test.each(backwardWays)(
		`columns of V and dO that are far from others keep their digits, ${JSON.stringify(visibility)}: $name`,
		async (way) => {
			const matrix = (name: string, exponent: number, others = 0) => {
				const random = seededRandom(8, name);
				const size = (i: number) => 2 ** Math.round((i === 1 ? exponent : others) * unit[way.dtype]);
				return Matrix.build(n, d, (_, i) => random.uniform(-1, 1) * size(i));
			};
			for (const [v, o, [otherV, otherO] = [0, 0]] of columnSizes) {
				const given = { Q: matrix("Q", 0), K: matrix("K", 0), V: matrix("V", v, otherV), dO: matrix("dO", o, otherO) };
				const problem = createBackwardProblem(given, { visibility });
				const { dO, ...stored } = rounded(problem, way.dtype);
				const made = await way.run(problem);
				const { lo, hi } = visibleKeys(visibility, n, n);
				const truth = operatorTruth({ ...stored, visible: (j, l) => lo[j] <= l && l < hi[j] }, dO);
				for (const name of ["dQ", "dK", "dV", "output"] as const)
					for (const error of columnErrors(truth[name], made[name]))
						expect(error, `${name} at ${[v, o, otherV, otherO]}`).toBeLessThan(64 * n * way.roundoff);
			}
		},
	);

test.each(backwardWays)(
	"columns of Q and K whose products are far below others keep their digits: $name",
	async (way) => {
		const matrix = (name: string, exponent: number) => {
			const random = seededRandom(8, name);
			return Matrix.build(n, d, (_, i) => random.uniform(-1, 1) * (i === 1 ? 2 ** (exponent * unit[way.dtype]) : 1));
		};
		for (const [q, k] of [
			[-0.9, -0.9],
			[0, -1],
			[-1, 0],
		]) {
			const given = { Q: matrix("Q", q), K: matrix("K", k), V: matrix("V", 0), dO: matrix("dO", 0) };
			const problem = createBackwardProblem(given);
			const { dO, ...stored } = rounded(problem, way.dtype);
			const made = await way.run(problem);
			const truth = operatorTruth(stored, dO);
			for (const name of ["dQ", "dK"] as const)
				for (const error of columnErrors(truth[name], made[name]))
					expect(error, `${name} at ${[q, k]}`).toBeLessThan(64 * n * way.roundoff);
		}
	},
);

test.each(backwardWays)("offsets of keys and values that are far from ordinary cost no digits: $name", async (way) => {
	const size = far[way.dtype];
	const random = seededRandom(9, "offsets");
	const matrix = (entry: (j: number, b: number) => number) => Matrix.build(n, d, entry);
	const ordinary = () => matrix(() => random.uniform(-1, 1));
	const K = withColumn(ordinary(), 0, () => size);
	const V = withColumn(ordinary(), 2, (l) => size * (1 + l * 2 ** -18));
	// The first column of queries is so small that what keys have in common adds 1 to every score.
	const Q = withColumn(ordinary(), 0, () => 3 / size);
	const dO = withColumn(ordinary(), 2, () => 1 / size);
	const problem = createBackwardProblem({ Q, K, V, dO }, { visibility: { mask: "causal" } });
	const made = await way.run(problem);
	const { dO: upstream, ...stored } = rounded(problem, way.dtype);
	const truth = operatorTruth({ ...stored, visible: (j, l) => l <= j }, upstream);
	for (const name of ["dQ", "dK", "dV", "output"] as const)
		for (const error of columnErrors(truth[name], made[name])) expect(error, name).toBeLessThan(64 * n * way.roundoff);
	const near = createBackwardProblem(
		{ Q: withColumn(Q, 0, () => 3), K: withColumn(K, 0, () => 1), V, dO },
		{ visibility: { mask: "causal" } },
	);
	const { lse } = await way.run(near);
	for (const [j, x] of made.lse.entries()) expect(x).toBeCloseTo(lse[j], way.dtype === "f64" ? 12 : 4);
});

test.each(backwardWays)("an ordinary offset of keys and values costs no digits: $name", async (way) => {
	const random = seededRandom(11, "ordinary offsets");
	// Multiples of 2^-12: sums with the offsets are exact in single precision.
	const matrix = (offset: number) =>
		Matrix.build(n, d, (_, b) => Math.round(random.uniform(-1, 1) * 2 ** 12) / 2 ** 12 + (b === 1 ? offset : 0));
	const problem = createBackwardProblem({ Q: matrix(0), K: matrix(2 ** 10), V: matrix(2 ** 10), dO: matrix(0) });
	const made = await way.run(problem);
	const { dO, ...stored } = rounded(problem, way.dtype);
	const truth = operatorTruth(stored, dO);
	for (const name of ["dQ", "dK", "dV"] as const)
		for (const error of columnErrors(truth[name], made[name])) expect(error, name).toBeLessThan(64 * n * way.roundoff);
});

test.each(await availableKernels())(
	"outputs of columns that are far from others keep their digits: %s",
	async (kernel) => {
		const runtime = await createRuntime({ kernel });
		for (const dtype of ["f64", "f32"] as const) {
			const random = seededRandom(10, dtype);
			const matrix = (column: (b: number) => number) =>
				Matrix.build(n, d, (_, b) => random.uniform(-1, 1) * column(b)).as(dtype);
			const V = matrix((b) => [1, 2 ** -unit[dtype], 2 ** unit[dtype]][b]);
			const operands = createOperands({ Q: matrix(() => 1), K: matrix(() => 1), V });
			const { output } = await operatorForward(operands, runtime);
			const truth = operatorTruth(operands, Matrix.zeros(n, d)).output;
			for (const error of columnErrors(truth, output)) expect(error).toBeLessThan(1e3 * roundoffOf(dtype));
		}
		await runtime.close();
	},
);

const roundoffOf = (dtype: Dtype): number => (dtype === "f64" ? 2 ** -53 : 2 ** -24);

/** The matrix with its second column times 2^exponent, and the others times 2^others. */
const times = (matrix: Matrix, exponent: number, others = 0): Matrix =>
	Matrix.build(matrix.rows, matrix.cols, (i, b) => matrix.at(i, b) * 2 ** (b === 1 ? exponent : others));

test.each(ways)("columns of values and targets that are far below others keep their digits: $name", async (way) => {
	const sizes = {
		f64: [[-240], [-500], [-700], [-200, 400], [-600, 50]],
		f32: [[-40], [-100], [-120], [-85, 50], [-70, 20]],
	};
	for (const [exponent, others] of sizes[way.dtype]) {
		const given = instance({ n, d });
		const problem = { ...given, Y: times(given.Y, exponent, others), E: times(given.E, exponent, others) };
		const { gradient, gradientY } = await way.run(problem);
		const truth = truthOf(asDtype(problem, way.dtype));
		const tolerance = 32 * n * Math.max(way.roundoff, way.sumRoundoff);
		for (const error of columnErrors(truth.gradient, gradient)) expect(error).toBeLessThan(tolerance);
		if (gradientY)
			for (const error of columnErrors(truth.gradientY, gradientY))
				expect(error, `${exponent} ${others}`).toBeLessThan(tolerance);
	}
});

/** Sizes of targets and values in their second column, of both in the others, and of the second column of A3, as exponents of 2. */
const farTargets: Readonly<
	Record<Dtype, readonly (readonly [e: number, v: number, E: number, V: number, A3: number])[]>
> = {
	f64: [
		[600, -700, 300, -700, 0],
		[600, -502, 0, 0, 231],
		[597, -629, 0, -629, 232],
		[715, -720, 0, 0, 0],
	],
	f32: [
		[60, -70, 20, -70, 0],
		[60, -50, 0, 0, 23],
	],
};

test.each(ways)("targets far above values, in columns that are far apart, cost no digits: $name", async (way) => {
	for (const [e, v, others, otherV, a3] of farTargets[way.dtype]) {
		const given = instance({ n, d });
		const E = times(given.E, e, others);
		const A3 = times(given.A3, a3);
		const Y = Matrix.build(d, d, (a, i) => times(given.Y, v, otherV).at(a, i) * 2 ** (a === 1 ? -a3 : 0));
		const problem = { ...given, A3, Y, E };
		const { gradient } = await way.run(problem);
		const truth = truthOf(asDtype(problem, way.dtype)).gradient;
		const tolerance = 32 * n * Math.max(way.roundoff, way.sumRoundoff);
		for (const error of columnErrors(truth, gradient)) expect(error, `${[e, v, a3]}`).toBeLessThan(tolerance);
	}
});

test.each(await availableKernels())(
	"gradients in A2 and E of columns far below others keep their digits: %s",
	async (kernel) => {
		const runtime = await createRuntime({ kernel });
		const given = asDtype(instance({ n, d }), "f32");
		const problem = asDtype(
			{ ...given, X: times(given.X, -120), Y: times(given.Y, -110), E: times(given.E, -110) },
			"f32",
		);
		const { gradients } = await problemGradients(problem, ["A2", "E"], runtime);
		const wide = await problemGradients(asDtype(problem, "f64"), ["A2", "E"], await createRuntime({ kernel: "js" }));
		for (const name of ["A2", "E"] as const) {
			const [made, wanted] = [gradients[name], wide.gradients[name]];
			if (!made || !wanted) expect.unreachable(`there is a gradient in ${name}`);
			for (let b = 0; b < d; b++) {
				const column = (matrix: Matrix) => Matrix.build(n, 1, (j) => matrix.at(j, b));
				const size = maxAbs(column(wanted));
				expect(size).toBeGreaterThan(0);
				for (let j = 0; j < n; j++)
					expect(Math.abs(made.at(j, b) - wanted.at(j, b)) / size, `${name} ${b}`).toBeLessThan(
						64 * n * roundoffOf("f32"),
					);
			}
		}
		await runtime.close();
	},
);

test.each(ways)("values of columns that no number type holds together are refused: $name", async (way) => {
	if (way.dtype === "f32") return;
	const given = instance({ n, d });
	const problem = { ...given, Y: times(given.Y, -900), E: times(given.E, -900) };
	const failure = await way.run(problem).catch((error: unknown) => error);
	expect(failure).toBeInstanceOf(ComputationError);
	expect(failure).toMatchObject({
		message: expect.stringMatching(
			/^columns of values A3 Y and targets E are 2\^[0-9]+ times as large as others: their products leave the range of f64$/,
		),
	});
});

test.each(backwardWays)(
	"upstream gradients and values that no number type holds together are refused: $name",
	async (way) => {
		if (way.dtype === "f32") return;
		const ones = Matrix.build(n, d, (j, b) => (j + b) / n);
		const problem = createBackwardProblem({ Q: ones, K: ones, V: times(ones, -990), dO: times(ones, -900) });
		const failure = await way.run(problem).catch((error: unknown) => error);
		expect(failure).toBeInstanceOf(ComputationError);
		expect(failure).toMatchObject({
			message: expect.stringMatching(
				/^products of columns of values and of upstream gradients are between about 2\^-1[0-9]+ and 2\^-?[0-9]+, which leaves the range of f64$/,
			),
		});
	},
);

test("offsets are taken off exactly, head by head, and ordinary columns are left", () => {
	const size = 2 ** 300;
	const rows = Matrix.build(6, 3, (l, b) => [l < 3 ? size * (1 + l / 8) : -size, 1 + l, l % 2 ? -size : size][b]);
	const { rows: made, offsets } = withoutOffsets(rows, 3);
	expect(offsets).toEqual(
		Matrix.fromRows([
			[size, 0, 0],
			[-size, 0, 0],
		]),
	);
	expect(made).toEqual(Matrix.build(6, 3, (l, b) => (b === 0 ? (l < 3 ? (size * l) / 8 : 0) : rows.at(l, b))));
	const source = { rows: 6, cols: 3, dtype: "f64", readRows: rows.readRows.bind(rows) } as const;
	const read = Matrix.zeros(2, 3);
	withoutOffsets(source, 3).rows.readRows(2, 4, read.data);
	expect(read).toEqual(made.slice(2, 4).copy());
	expect(
		withoutOffsets(
			mapEntries(rows, (x) => Math.sign(x)),
			3,
		).offsets,
	).toEqual(Matrix.zeros(2, 3));
});
