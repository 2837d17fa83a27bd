import { bytesPerNumber, type Dtype, type Numbers, type RowSource } from "../matrix.ts";
import type { KernelModule, KernelsOf, KernelTask, StructsOf } from "./kernel-module.ts";
import { exportedName, type KernelDtype, namesOf, type StructFields } from "./kernel-signature.ts";
import type { KernelMemory } from "./memory.ts";
import type { ProgressReport } from "./progress-report.ts";
import type { RowCache } from "./row-cache.ts";
import type { ThreadPool } from "./threads/thread-pool.ts";

/** How to run a kernel over tasks. */
export interface RunOptions {
	/** Bytes of scratch that each thread gets; the kernel's first argument is its address. @default 0 */
	scratch?: number;
	/**
	 * Work of the main thread before its share of the tasks, while workers begin with them. It neither allocates memory of the kernels nor touches
	 * what the tasks read or write; an error that it throws ends the run, which throws it on.
	 */
	meanwhile?: () => void;
	/** Reports the number of tasks done; an error that it throws ends the run, which throws it on. */
	onProgress?: (done: number) => void;
}

/** The kernels of one module, the memory they work in and the threads they run on. `withKernels` gives them. */
export class Kernels<Module extends KernelModule = KernelModule> {
	readonly #module: Module;
	readonly #memory: KernelMemory;
	readonly #pool: ThreadPool;
	readonly #cache: RowCache | undefined;
	/** That of the runtime. */
	readonly onProgress: ProgressReport | undefined;

	constructor(
		module: Module,
		memory: KernelMemory,
		pool: ThreadPool,
		{ cache, onProgress }: { cache?: RowCache | undefined; onProgress?: ProgressReport | undefined } = {},
	) {
		this.#module = module;
		this.#memory = memory;
		this.#pool = pool;
		this.#cache = cache;
		this.onProgress = onProgress;
	}

	/**
	 * Address of room for `length` numbers, 128-byte aligned, of unknown content; valid until `withKernels` returns.
	 * @throws ComputationError out-of-memory when the memory cannot grow
	 */
	allocate(dtype: Dtype, length: number): number {
		return this.#memory.allocate(length * bytesPerNumber(dtype));
	}

	/** Room for `length` numbers, filled with zeros. */
	allocateZeros(dtype: Dtype, length: number): number {
		const address = this.allocate(dtype, length);
		this.view(dtype, address, length).fill(0);
		return address;
	}

	/** View of numbers at an address. */
	view(dtype: "f64", address: number, length: number): Float64Array;
	view(dtype: "f32", address: number, length: number): Float32Array;
	view(dtype: Dtype, address: number, length: number): Numbers;
	view(dtype: Dtype, address: number, length: number): Numbers {
		return this.#memory.view(dtype, address, length);
	}

	/** View of 32-bit whole numbers at an address. */
	indices(address: number, length: number): Int32Array {
		return new Int32Array(this.#memory.memory.buffer, address, length);
	}

	/** Reads rows from..to-1 of a source to an address, row-major, converted to `dtype`. */
	readRows(source: RowSource, from: number, to: number, dtype: Dtype, address: number): void {
		this.#memory.readRows(source, from, to, dtype, address);
	}

	/**
	 * A way to bring rows of a source, row-major, as `dtype`, into the memory, at most `most` at a time: gives the address of rows
	 * from..to-1, good until the next call. Rows that `withCachedRows` keeps are read once and not again.
	 */
	rowReader(source: RowSource, dtype: Dtype, most: number): (from: number, to: number) => number {
		const cached = this.#cache?.addressOf(source, dtype);
		const row = source.cols * bytesPerNumber(dtype);
		if (cached !== undefined) return (from) => cached + from * row;
		const address = this.allocate(dtype, most * source.cols);
		return (from, to) => {
			this.readRows(source, from, to, dtype, address);
			return address;
		};
	}

	/** Runs `work`, then takes back all that it allocated. */
	async scope<Result>(work: () => Promise<Result>): Promise<Result> {
		const mark = this.#memory.mark();
		try {
			return await work();
		} finally {
			this.#memory.release(mark);
		}
	}

	/**
	 * Address of a struct of the module, its fields written.
	 * @throws Error for a struct that the module does not declare
	 */
	allocateStruct<Name extends keyof StructsOf<Module> & string>(
		struct: Name,
		fields: StructFields<StructsOf<Module>[Name]>,
	): number {
		const list = this.#module.structs[struct];
		if (!list) throw new Error(`kernels ${this.#module.name}: unknown struct: ${struct}`);
		const address = this.#memory.allocate(4 * list.length);
		const values = namesOf(list).map((name) => (fields as Readonly<Record<string, number>>)[name]);
		this.indices(address, list.length).set(values);
		return address;
	}

	/**
	 * Calls a kernel for every task, on all threads at once, and gives what each call returned (0 for nothing), in the order of
	 * the tasks. Threads take tasks as they become free: two tasks must not write to the same
	 * place. A task should take 10 µs to 50 ms: the main thread looks up only between two.
	 * @throws ComputationError failed when a kernel throws (an address outside the memory) or a worker dies
	 */
	async run<Name extends keyof KernelsOf<Module> & string>(
		kernel: Name,
		tasks: readonly KernelTask<Module, Name>[],
		options: RunOptions & KernelDtype<KernelsOf<Module>[Name]>,
	): Promise<Float64Array> {
		const { scratch = 0, onProgress, meanwhile, dtype } = options;
		const signature = this.#module.kernels[kernel];
		if (!signature) throw new Error(`kernels ${this.#module.name}: unknown kernel: ${kernel}`);
		return this.scope(async () => {
			const step = Math.ceil(scratch / 128) * 128;
			const address = this.#memory.allocate(step * this.#pool.threads);
			return this.#pool.run({
				module: this.#module,
				kernel: exportedName(kernel, dtype),
				parameters: namesOf(signature.parameters),
				tasks,
				scratch: address,
				scratchStep: step,
				meanwhile,
				onProgress,
			});
		});
	}
}
