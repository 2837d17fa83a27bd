import { instantiate, type KernelFunctions } from "../kernel-module.ts";
import { CONTROL } from "./control.ts";

const { word } = CONTROL;

/** The work of one thread, the main one or a worker, on a job. */
export class Thread {
	readonly #id: number;
	readonly #memory: WebAssembly.Memory;
	readonly control: Int32Array;
	/** The kernels of each module, in the order of its exports. */
	readonly #modules: (readonly KernelFunctions[string][])[] = [];

	constructor(id: number, memory: WebAssembly.Memory) {
		this.#id = id;
		this.#memory = memory;
		this.control = new Int32Array(memory.buffer, 0, CONTROL.end / 4);
	}

	/** Instantiates a module; its number is the count of those before. */
	load(code: WebAssembly.Module): KernelFunctions {
		const functions = instantiate(code, this.#memory);
		this.#modules.push(Object.values(functions));
		return functions;
	}

	/**
	 * Takes tasks of the job at hand until none is left, or until `until` (of performance.now); gives whether none is left.
	 * A kernel that throws ends the job for all threads; what it threw is in the control pages.
	 */
	work(until = Number.POSITIVE_INFINITY): boolean {
		const { control } = this;
		const tasks = control[word.tasks];
		try {
			const length = control[word.taskLength];
			const kernel = this.#modules[control[word.module]][control[word.kernel]];
			const table = new Float64Array(this.#memory.buffer, control[word.taskAddress] >>> 0, tasks * length);
			const results = new Float64Array(this.#memory.buffer, control[word.resultAddress] >>> 0, tasks);
			const scratch = (control[word.scratchAddress] >>> 0) + this.#id * (control[word.scratchStep] >>> 0);
			const args = [scratch];
			for (;;) {
				const task = Atomics.add(control, word.nextTask, 1);
				if (task >= tasks) return true;
				for (let k = 0; k < length; k++) args[k + 1] = table[task * length + k];
				results[task] = kernel(...args) ?? 0;
				Atomics.add(control, word.doneTasks, 1);
				if (performance.now() >= until) return false;
			}
		} catch (error) {
			Atomics.store(control, word.nextTask, tasks);
			this.fail(error);
			return true;
		}
	}

	/** Leaves the reason of a failure for the main thread, unless another thread was first. */
	fail(error: unknown): void {
		if (Atomics.compareExchange(this.control, word.failed, 0, this.#id + 1) !== 0) return;
		const text = new TextEncoder().encode(error instanceof Error ? error.message : String(error));
		const message = text.subarray(0, CONTROL.messageBytes);
		new Uint8Array(this.#memory.buffer, CONTROL.messageAddress, CONTROL.messageBytes).set(message);
		this.control[word.messageLength] = message.length;
	}
}
