import { afterEach, describe, expect, test } from "vitest";
import { ComputationError } from "../errors.ts";
import { Matrix, type RowSource } from "../matrix.ts";
import { probeKernels } from "../probe-kernels.ts";
import { availableKernels } from "./choice.ts";
import type { Kernels } from "./kernels.ts";
import { createRuntime, type Runtime, withCachedRows, withKernels } from "./runtime.ts";

const probe = probeKernels;
const builds = (await availableKernels()).filter((name) => name !== "js");
const open: Runtime[] = [];

async function start(options: Parameters<typeof createRuntime>[0]): Promise<Runtime> {
	const runtime = await createRuntime(options);
	open.push(runtime);
	return runtime;
}

afterEach(async () => {
	for (const runtime of open.splice(0)) await runtime.close();
});

/** Sums of products of ones: task i adds `count` to each of its 96 numbers or fewer. */
async function counts(
	kernels: Kernels<typeof probeKernels>,
	tasks: number,
	count: number,
	repeats = 1,
): Promise<Float64Array> {
	const ones = kernels.allocate("f64", 64 * 8);
	kernels.view("f64", ones, 64 * 8).fill(1);
	const size = 6 * 8;
	const sums = kernels.allocateZeros("f64", tasks * size);
	await kernels.run(
		"probe",
		Array.from({ length: tasks }, (_, i) => ({ a: ones, b: ones, c: sums + i * size * 8, cStep: 64, count, repeats })),
		{},
	);
	return kernels.view("f64", sums, tasks * size).slice();
}

describe.each(builds.flatMap((kernel) => [1, 2, 3].map((threads) => ({ kernel, threads }))))(
	"kernel $kernel on $threads threads",
	({ kernel, threads }) => {
		test("every task is done once", async () => {
			const runtime = await start({ kernel, threads });
			const sums = await withKernels(runtime, probe, (kernels) => counts(kernels, 257, 5));
			const done = Array.from({ length: 257 }, (_, i) => sums[i * 48]);
			expect(new Set(done)).toEqual(new Set([5]));
		});

		test("a kernel that throws is an error with its reason, and the runtime goes on", async () => {
			const runtime = await start({ kernel, threads });
			const outside = 2 ** 32 - 64;
			const failing = withKernels(runtime, probe, (kernels) =>
				kernels.run(
					"probe",
					Array.from({ length: 20 }, () => ({ a: outside, b: outside, c: outside, cStep: 64, count: 1, repeats: 1 })),
					{},
				),
			);
			await expect(failing).rejects.toThrow(ComputationError);
			await expect(failing).rejects.toThrow(/^probe: thread \d: memory access out of bounds$/);
			const sums = await withKernels(runtime, probe, (kernels) => counts(kernels, 3, 7));
			expect(sums[96]).toBe(7);
		});
	},
);

test("a computation returns its memory", async () => {
	const runtime = await start({ kernel: "simd" });
	const addresses = [];
	for (let i = 0; i < 2; i++)
		addresses.push(await withKernels(runtime, probe, async (kernels) => kernels.allocate("f32", 1e6)));
	expect(addresses[0]).toBe(addresses[1]);
});

test("a computation waits for another on the runtime that it is given, whose memory is above its own", async () => {
	const runtime = await start({ threads: 2 });
	await withKernels(runtime, probe, async (kernels, within) => {
		const at = kernels.allocate("f64", 1000);
		const own = kernels.view("f64", at, 1000).fill(3);
		const sums = await withKernels(within, probe, (inner) => counts(inner, 50, 7));
		expect(Math.max(...sums)).toBe(7);
		expect(own.every((x) => x === 3)).toBe(true);
		// Its memory is taken back.
		expect(kernels.allocate("f64", 1)).toBe(at + 8064);
		expect(Math.max(...(await counts(kernels, 3, 5)))).toBe(5);
	});
});

test("two computations on one runtime run one after the other", async () => {
	const runtime = await start({ kernel: "simd", threads: 2 });
	const both = await Promise.all([3, 4].map((count) => withKernels(runtime, probe, (k) => counts(k, 50, count, 50))));
	expect(both.map((sums) => sums[48])).toEqual([150, 200]);
});

/** Rows (j, j + 1), and how often they have been read. */
class CountedRows implements RowSource {
	readonly cols = 2;
	readonly dtype = "f64";
	readonly rows: number;
	reads = 0;

	constructor(rows: number) {
		this.rows = rows;
	}

	readRows(from: number, to: number, target: Float64Array): void {
		this.reads++;
		for (let j = from; j < to; j++) target.set([j, j + 1], (j - from) * 2);
	}
}

/** Row 5 by itself, read with others where rows are kept. */
const fifth = (runtime: Runtime, source: RowSource): Promise<number[]> =>
	withKernels(runtime, probe, async (kernels) => {
		const at = kernels.rowReader(source, "f64", 3)(5, 6);
		return [...kernels.view("f64", at, 2)];
	});

describe("withCachedRows", () => {
	test("reads a source once for all computations, the memory being theirs until the end", async () => {
		const runtime = await start({ kernel: "simd" });
		const source = new CountedRows(9);
		const other = Matrix.fromRows([[1, 2]]);
		const got = await withCachedRows(runtime, [source, source, other], "f64", async (held) => {
			const first = await fifth(held, source);
			await withKernels(held, probe, async (kernels) => kernels.allocateZeros("f64", 1e5));
			return [first, await fifth(held, source)];
		});
		expect(got).toEqual([
			[5, 6],
			[5, 6],
		]);
		expect(source.reads).toBe(1);
		expect(await fifth(runtime, source)).toEqual([5, 6]);
		expect(source.reads).toBe(2);
	});

	test.each([
		["the kernel js", { kernel: "js" }, 9],
		["more than 16 MiB", { kernel: "simd" }, 2 ** 20 + 1],
	])("leaves %s alone", async (_, options, rows) => {
		const runtime = await start(options);
		const source = new CountedRows(rows);
		expect(await withCachedRows(runtime, [source], "f64", async (held) => held)).toBe(runtime);
		expect(source.reads).toBe(0);
	});

	test("other computations wait, and one that fails is let go", async () => {
		const runtime = await start({ kernel: "simd" });
		const source = new CountedRows(9);
		const order: string[] = [];
		const failing = withCachedRows(runtime, [source], "f64", async (held) => {
			await fifth(held, source);
			await new Promise((done) => setTimeout(done, 20));
			order.push("first");
			throw new Error("enough");
		});
		const next = withKernels(runtime, probe, async () => order.push("second"));
		await expect(failing).rejects.toThrow("enough");
		await next;
		expect(order).toEqual(["first", "second"]);
	});
});

test("memory beyond the limit is out-of-memory, with what was needed", async () => {
	const runtime = await start({ kernel: "simd", memoryLimit: 2e6 });
	const allocate = withKernels(runtime, probe, async (kernels) => kernels.allocate("f64", 1e6));
	await expect(allocate).rejects.toMatchObject({
		status: "out-of-memory",
		message: "kernel memory: needs 8.1 MB, the limit is 2.0 MB",
	});
});

test("memory beyond what WebAssembly can address is out-of-memory", async () => {
	const runtime = await start({ kernel: "simd" });
	const allocate = withKernels(runtime, probe, async (kernels) => kernels.allocate("f64", 2 ** 29));
	await expect(allocate).rejects.toMatchObject({ status: "out-of-memory" });
});

test("progress is reported while threads work, and what it throws ends the run", async () => {
	const runtime = await start({ kernel: "simd", threads: 2 });
	const seen: number[] = [];
	const stopped = withKernels(runtime, probe, async (kernels) => {
		const ones = kernels.allocateZeros("f64", 1024);
		await kernels.run(
			"probe",
			Array.from({ length: 10000 }, () => ({ a: ones, b: ones, c: ones + 4096, cStep: 32, count: 16, repeats: 10000 })),
			{
				onProgress: (done) => {
					seen.push(done);
					if (seen.length === 2) throw new Error("stop");
				},
			},
		);
	});
	await expect(stopped).rejects.toThrow("stop");
	expect(seen[1]).toBeGreaterThan(0);
	expect(seen[1]).toBeLessThan(10000);
});

test.each([1, 2, 3])(
	"work of the main thread goes beside that of %i threads, and an error of it ends the run",
	async (threads) => {
		const runtime = await start({ kernel: "simd", threads });
		await withKernels(runtime, probe, async (kernels) => {
			const ones = kernels.allocateZeros("f64", 1024);
			kernels.view("f64", ones, 1024).fill(1);
			const places = Array.from({ length: 40 }, () => kernels.allocateZeros("f64", 1024));
			const tasks = places.map((c) => ({ a: ones, b: ones, c, cStep: 32, count: 16, repeats: 1 }));
			const sums = () => places.map((c) => kernels.view("f64", c, 1024).reduce((sum, x) => sum + x, 0));
			await kernels.run("probe", tasks, {});
			const wanted = sums();
			expect(wanted[0]).not.toBe(0);
			for (const c of places) kernels.view("f64", c, 1024).fill(0);
			let calls = 0;
			await kernels.run("probe", tasks, { meanwhile: () => calls++ });
			expect(calls).toBe(1);
			expect(sums()).toEqual(wanted);
			await kernels.run("probe", [], { meanwhile: () => calls++ });
			expect(calls).toBe(2);
			const failing = () => {
				throw new Error("stop");
			};
			await expect(kernels.run("probe", tasks, { meanwhile: failing })).rejects.toThrow("stop");
			for (const c of places) kernels.view("f64", c, 1024).fill(0);
			await kernels.run("probe", tasks, {});
			expect(sums()).toEqual(wanted);
		});
	},
);

test("the event loop runs while threads work", async () => {
	const runtime = await start({ kernel: "simd", threads: 2 });
	let ticks = 0;
	const timer = setInterval(() => ticks++, 10);
	await withKernels(runtime, probe, async (kernels) => {
		const ones = kernels.allocateZeros("f64", 1024);
		await kernels.run(
			"probe",
			Array.from({ length: 400 }, () => ({ a: ones, b: ones, c: ones + 4096, cStep: 32, count: 16, repeats: 10000 })),
			{},
		);
	});
	clearInterval(timer);
	expect(ticks).toBeGreaterThan(1);
});

test("scratch is one for each thread, aligned, and apart", async () => {
	const runtime = await start({ kernel: "simd", threads: 3 });
	const places = await withKernels(runtime, probe, (kernels) =>
		kernels.run(
			"probeScratch",
			Array.from({ length: 2000 }, () => ({ bytes: 1000 })),
			{ scratch: 1000 },
		),
	);
	const distinct = [...new Set(places)].sort((a, b) => a - b);
	expect(distinct.length).toBeLessThanOrEqual(3);
	for (const [i, place] of distinct.entries()) {
		expect(place % 128).toBe(0);
		if (i > 0) expect(place - distinct[i - 1]).toBeGreaterThanOrEqual(1000);
	}
});

test("a closed runtime gives no kernels", async () => {
	const runtime = await createRuntime({ kernel: "simd", threads: 2 });
	await withKernels(runtime, probe, (kernels) => counts(kernels, 2, 1));
	await runtime.close();
	await expect(withKernels(runtime, probe, async () => {})).rejects.toThrow(ComputationError);
});
