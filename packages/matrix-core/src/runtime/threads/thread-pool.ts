import { nextTurn, startThread } from "#platform";
import { ComputationError } from "../../errors.ts";
import type { WorkerThread } from "../../platform/worker-thread.ts";
import type { KernelName } from "../builds.ts";
import { checkDeclaration, compileKernels, type KernelFunctions, type KernelModule } from "../kernel-module.ts";
import type { KernelMemory } from "../memory.ts";
import { CONTROL, jobKind } from "./control.ts";
import { Thread } from "./thread.ts";
import { spinUntil } from "./wait.ts";

const { word } = CONTROL;

/** The main thread looks at its event loop this often: progress, signals, workers that die. */
const YIELD_MS = 50;

/** Tasks of a job: the arguments that a kernel gets after its scratch, by name. */
export interface Job {
	readonly module: KernelModule;
	/** Name under which the module exports the kernel. */
	readonly kernel: string;
	/** Names of its arguments, in the order in which it takes them. */
	readonly parameters: readonly string[];
	readonly tasks: readonly Readonly<Record<string, number>>[];
	/** Scratch of thread 0, and bytes from there to that of the next thread. */
	readonly scratch: number;
	readonly scratchStep: number;
	/** Work of the main thread before it takes tasks; an error that it throws ends the job. */
	readonly meanwhile?: (() => void) | undefined;
	/** Reports the number of tasks done; an error that it throws ends the job. */
	readonly onProgress?: ((done: number) => void) | undefined;
}

/** The threads of a runtime: the main one, which is thread 0 and takes its share, and workers. */
export class ThreadPool {
	readonly #memory: KernelMemory;
	readonly #main: Thread;
	readonly #workers: readonly WorkerThread[];
	readonly #spin: boolean;
	/** By a module's name: its number, and the names of its kernels in order. */
	readonly #loaded = new Map<string, { index: number; kernels: readonly string[] }>();
	#dead: string | undefined;

	private constructor(memory: KernelMemory, workers: readonly WorkerThread[], spin: boolean) {
		this.#memory = memory;
		this.#main = new Thread(0, memory.memory);
		this.#workers = workers;
		this.#spin = spin;
		this.#workers.forEach((worker, i) => {
			worker.onEnd((how) => {
				this.#dead ??= `worker thread ${i + 1} ${how}`;
			});
		});
	}

	/**
	 * Starts `threads` - 1 workers; `spin`: whether waiting threads spin before they sleep.
	 * @throws ComputationError failed when a worker does not start
	 */
	static async start(memory: KernelMemory, threads: number, spin: boolean): Promise<ThreadPool> {
		const workers = Array.from({ length: threads - 1 }, (_, i) => startThread(i + 1, memory.memory, spin));
		try {
			await Promise.all(workers.map(({ ready }) => ready));
		} catch (error) {
			for (const worker of workers) worker.terminate();
			throw new ComputationError("failed", `a worker thread did not start: ${(error as Error).message}`);
		}
		return new ThreadPool(memory, workers, spin);
	}

	/** Threads, the main one among them. */
	get threads(): number {
		return this.#workers.length + 1;
	}

	/** Loads a module into every thread, once. @throws ComputationError failed when it cannot be */
	async load(module: KernelModule, build: KernelName): Promise<void> {
		if (this.#loaded.has(module.name)) return;
		let functions: KernelFunctions;
		try {
			const code = compileKernels(module, build);
			functions = this.#main.load(code);
			checkDeclaration(module, functions);
			for (const worker of this.#workers) worker.post(code);
		} catch (error) {
			throw new ComputationError("failed", `kernels ${module.name}: ${(error as Error).message}`);
		}
		this.#begin(jobKind.load);
		await this.#end(() => this.#waitForWorkers());
		this.#throwFailure(`kernels ${module.name}`);
		this.#loaded.set(module.name, { index: this.#loaded.size, kernels: Object.keys(functions) });
	}

	/**
	 * Runs all tasks of a job, on whichever threads are free; gives what the kernel returned for each, in their order.
	 * @throws ComputationError failed when a kernel throws or a worker has died; what `meanwhile` or `onProgress` throws
	 */
	async run({
		module,
		kernel,
		parameters,
		tasks,
		scratch,
		scratchStep,
		meanwhile,
		onProgress,
	}: Job): Promise<Float64Array> {
		const loaded = this.#loaded.get(module.name);
		if (!loaded) throw new Error(`kernels ${module.name} are not loaded`);
		const index = loaded.kernels.indexOf(kernel);
		if (index < 0) throw new Error(`kernels ${module.name}: unknown kernel: ${kernel}`);
		const { length } = parameters;
		const { control } = this.#main;
		const mark = this.#memory.mark();
		try {
			const table = this.#memory.allocate(8 * tasks.length * length);
			const results = this.#memory.allocate(8 * tasks.length);
			const numbers = this.#memory.view("f64", table, tasks.length * length);
			for (let k = 0; k < length; k++) {
				const parameter = parameters[k];
				for (let i = 0; i < tasks.length; i++) {
					const value = tasks[i][parameter];
					if (value === undefined) throw new Error(`${kernel}: task ${i} has no argument ${parameter}`);
					numbers[i * length + k] = value;
				}
			}
			control[word.module] = loaded.index;
			control[word.kernel] = index;
			control[word.tasks] = tasks.length;
			control[word.taskLength] = length;
			control[word.taskAddress] = table;
			control[word.resultAddress] = results;
			control[word.scratchAddress] = scratch;
			control[word.scratchStep] = scratchStep;
			this.#begin(jobKind.run);
			await this.#end(async () => {
				meanwhile?.();
				while (!this.#main.work(performance.now() + YIELD_MS)) await this.#yield(onProgress);
				await this.#waitForWorkers(onProgress);
			});
			this.#throwFailure(kernel);
			return this.#memory.view("f64", results, tasks.length).slice();
		} finally {
			this.#memory.release(mark);
		}
	}

	/** Lets the workers end. */
	async close(): Promise<void> {
		this.#begin(jobKind.close);
		await Promise.all(this.#workers.map((worker) => worker.terminate()));
	}

	#begin(kind: number): void {
		const { control } = this.#main;
		control[word.kind] = kind;
		control[word.pages] = this.#memory.memory.buffer.byteLength / 65536;
		control[word.nextTask] = 0;
		control[word.doneTasks] = 0;
		control[word.failed] = 0;
		Atomics.store(control, word.busy, this.#workers.length);
		Atomics.add(control, word.job, 1);
		Atomics.notify(control, word.job);
	}

	/** Does the main thread's part; when that throws, waits until the workers have left the job too. */
	async #end(part: () => Promise<void>): Promise<void> {
		try {
			await part();
		} catch (error) {
			Atomics.store(this.#main.control, word.nextTask, this.#main.control[word.tasks]);
			if (!this.#dead) await this.#waitForWorkers().catch(() => {});
			throw error;
		}
	}

	async #waitForWorkers(onProgress?: (done: number) => void): Promise<void> {
		const { control } = this.#main;
		const done = () => Atomics.load(control, word.busy) === 0;
		if (this.#spin && spinUntil(done)) return;
		for (let next = performance.now() + YIELD_MS; !done(); ) {
			const busy = Atomics.load(control, word.busy);
			if (busy > 0) Atomics.wait(control, word.busy, busy, YIELD_MS);
			if (performance.now() < next) continue;
			await this.#yield(onProgress);
			next = performance.now() + YIELD_MS;
		}
	}

	/** Lets the event loop run: progress, signals, and the news that a worker has died. */
	async #yield(onProgress?: (done: number) => void): Promise<void> {
		await nextTurn();
		if (this.#dead) throw new ComputationError("failed", this.#dead);
		onProgress?.(Atomics.load(this.#main.control, word.doneTasks));
	}

	#throwFailure(what: string): void {
		const { control } = this.#main;
		const failed = Atomics.load(control, word.failed);
		if (this.#dead) throw new ComputationError("failed", this.#dead);
		if (failed === 0) return;
		const bytes = new Uint8Array(this.#memory.memory.buffer, CONTROL.messageAddress, control[word.messageLength]);
		const message = new TextDecoder().decode(bytes.slice());
		throw new ComputationError("failed", `${what}: thread ${failed - 1}: ${message}`);
	}
}
