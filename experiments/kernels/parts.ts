import { kernelPasses } from "@attgrad/approx-gradient";
import { asDtype, generateProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import {
	type Dtype,
	Matrix,
	matricesKernels,
	multiplyOn,
	type ProductOptions,
	type Runtime,
	seededRandom,
	withKernels,
} from "@attgrad/matrix-core";

/** Where a part is measured. */
export interface Point {
	readonly n: number;
	readonly d: number;
	readonly dtype: Dtype;
}

/** Does a part once and gives the flops that its formula counts. */
export type Work = () => Promise<number>;

/** A kernel, or a pass made of kernels. */
export interface Part {
	/** Its sizes in each preset. */
	readonly sizes: { readonly quick: { n: number; d: number }; readonly full: { n: number; d: number } };
	/** Whether plain TypeScript has it as a part of its own. */
	readonly plain: boolean;
	/** Everything that has to be there before the clock starts. */
	prepare(point: Point, runtime: Runtime): Promise<Work>;
}

/** Degree of the polynomial passes. */
export const degree = 6;

const random = (rows: number, cols: number, dtype: Dtype, name: string) => {
	const numbers = seededRandom(1, name);
	return Matrix.build(rows, cols, () => numbers.uniform(-1, 1), dtype);
};

/** op(A) op(B) of n x n matrices, packing and copying to the kernels' memory and back included: 2n³. */
const product = (options: ProductOptions): Part => ({
	sizes: { quick: { n: 384, d: 384 }, full: { n: 960, d: 960 } },
	plain: true,
	async prepare({ n, dtype }, runtime) {
		const [A, B] = [random(n, n, dtype, "A"), random(n, n, dtype, "B")];
		return async () => {
			await multiplyOn(runtime, A, B, options);
			return 2 * n ** 3;
		};
	},
});

/** Multiply-adds of an exponential: the degree of its polynomial, the reduction of its argument, the last product. */
const exponentialFlops = { f64: 2 * 14, f32: 2 * 9 } as const;

/** e^x of n · d numbers in cache, `times` over. */
const exponential: Part = {
	sizes: { quick: { n: 1024, d: 4 }, full: { n: 1024, d: 4 } },
	plain: true,
	async prepare({ n, d, dtype }, runtime) {
		const x = random(n, d, dtype, "x");
		const [count, times] = [n * d, 256];
		if (runtime.kernel === "js") {
			const y = x.copy();
			return async () => {
				for (let i = 0; i < count; i++) y.data[i] = Math.exp(x.data[i]);
				return count * exponentialFlops[dtype];
			};
		}
		return () =>
			withKernels(runtime, matricesKernels, async (kernels) => {
				const [from, to] = [kernels.allocate(dtype, count), kernels.allocate(dtype, count)];
				kernels.view(dtype, from, count).set(x.data);
				const tasks = Array.from({ length: times }, () => ({ x: from, y: to, count }));
				await kernels.run("exponentials", tasks, { dtype, scratch: 512 });
				return times * count * exponentialFlops[dtype];
			});
	},
};

/** The exact gradient: 8n²d; its n² exponentials are not counted. */
const exact = (d: number): Part => ({
	sizes: { quick: { n: 1024, d }, full: { n: 4096, d } },
	plain: true,
	async prepare({ n, d, dtype }, runtime) {
		const problem = generateProblem({ distribution: "uniform", n, d, B: 1, seed: 1, dtype });
		return async () => {
			await streaming.run(problem, {}, runtime);
			return 8 * n * n * d;
		};
	},
});

/** A pass of the polynomial method; flops of a row by K, K⁺, the features that are made and d. */
const pass = (
	route: "moment" | "reverse",
	name: "features" | "keys" | "queries",
	flops: (sizes: { K: number; raised: number; made: number; d: number }) => number,
): Part => ({
	sizes: { quick: { n: 32768, d: 4 }, full: { n: 65536, d: 8 } },
	plain: false,
	async prepare({ n, d, dtype }, runtime) {
		const problem = asDtype(generateProblem({ distribution: "uniform", n, d, B: 1, seed: 1 }), dtype);
		const passes = await kernelPasses(problem, { route, degree }, runtime);
		const ofRow = flops({ K: passes.rank, raised: passes.raisedRank, made: passes.made, d });
		return async () => {
			if (name === "features") return ofRow * (await passes.features(64));
			await passes[name]();
			return ofRow * n;
		};
	},
});

/** The parts that are measured, by name. Flops count additions and multiplications of the formulas, and nothing else. */
export const parts: Readonly<Record<string, Part>> = {
	"A B": product({}),
	"Aᵀ B": product({ transposeA: true }),
	"A Bᵀ": product({ transposeB: true }),
	exp: exponential,
	"exact, d = 8": exact(8),
	"exact, d = 64": exact(64),
	features: pass("reverse", "features", ({ made }) => made),
	"key moments": pass("reverse", "keys", ({ K, made, d }) => made + 2 * K * (d + 1)),
	"queries, reverse": pass("reverse", "queries", ({ K, made, d }) => made + 4 * K * (d + 1) + 4 * made),
	"queries, moment": pass("moment", "queries", ({ K, raised, d }) => K + 2 * (K + raised) * (d + 1) + 2 * K * d + K),
};
