import { CONTROL, jobKind } from "./control.ts";
import type { Thread } from "./thread.ts";
import { spinUntil } from "./wait.ts";

const { word } = CONTROL;

/** The jobs of a worker thread: it waits for the next, does its part and says so. */
export class JobLoop {
	readonly #thread: Thread;
	readonly #memory: WebAssembly.Memory;
	readonly #spin: boolean;
	#job: number;

	/** @param spin whether to spin before sleeping */
	constructor(thread: Thread, memory: WebAssembly.Memory, spin: boolean) {
		this.#thread = thread;
		this.#memory = memory;
		this.#spin = spin;
		this.#job = Atomics.load(thread.control, word.job);
	}

	/** Does jobs, without returning to the event loop, until one asks for the code of a module or for the end: gives which. */
	work(): "load" | "close" {
		const { control } = this.#thread;
		for (;;) {
			const job = this.#job;
			if (this.#spin) spinUntil(() => Atomics.load(control, word.job) !== job);
			while (Atomics.load(control, word.job) === job) Atomics.wait(control, word.job, job);
			this.#job = Atomics.load(control, word.job);
			// another thread's growth of the memory is seen a moment later
			while (this.#memory.buffer.byteLength < control[word.pages] * 65536)
				Atomics.wait(control, word.job, this.#job, 1);
			const kind = control[word.kind];
			if (kind === jobKind.close) return "close";
			if (kind === jobKind.load) return "load";
			this.#thread.work();
			this.#done();
		}
	}

	/** Does the job that asks for a module. */
	load(code: () => WebAssembly.Module): void {
		try {
			this.#thread.load(code());
		} catch (error) {
			this.#thread.fail(error);
		}
		this.#done();
	}

	#done(): void {
		const { control } = this.#thread;
		if (Atomics.sub(control, word.busy, 1) === 1) Atomics.notify(control, word.busy);
	}
}
