import type { Call, Reply, TaskName, Tasks } from "../worker/messages.ts";
import { say } from "./elements.ts";

/** Told where the kernels do not run. */
const SLOW =
	"This browser has no WebAssembly with SIMD: the page computes in plain JavaScript, several times as slowly. A current Chromium, Firefox or Safari has it.";

/** A computation that was stopped. */
export class Stopped extends Error {}

/** The failure of a computation, in words; `bug` where the program is at fault. */
export class Failure extends Error {
	readonly bug: boolean;

	constructor(message: string, bug: boolean) {
		super(message);
		this.bug = bug;
	}
}

/** An answer, and the kernel and threads that it was computed on. */
export interface Answered<Name extends TaskName> {
	readonly answer: Tasks[Name]["answer"];
	readonly kernel: string;
	readonly threads: number;
}

/** Callbacks for the news of a running computation. */
export interface Listeners<Name extends TaskName> {
	readonly onEvent?: (event: Tasks[Name]["event"]) => void;
	/** Told the part of the work that is done, 0 to 1. */
	readonly onProgress?: (done: number) => void;
}

interface Waiting {
	readonly resolve: (answered: Answered<TaskName>) => void;
	readonly reject: (error: Error) => void;
	readonly onEvent: ((event: never) => void) | undefined;
	readonly onProgress: ((done: number) => void) | undefined;
}

let source: string | undefined;

/** Address of the workers' program, which the page carries as text. */
function workerAddress(): string {
	source ??= URL.createObjectURL(
		new Blob([document.getElementById("worker-program")?.textContent ?? ""], { type: "text/javascript" }),
	);
	return source;
}

/** The kernel and the threads that the address asks for with `?kernel=` and `?threads=`, for tests and comparisons. */
const asked = new URLSearchParams(location.search);
const kernel = asked.get("kernel") ?? undefined;
const threads = Number.parseInt(asked.get("threads") ?? "", 10) || undefined;

/** Computes in a worker of its own, so that the page never waits. */
export class Calculator {
	#worker: Worker | undefined;
	#count = 0;
	readonly #waiting = new Map<number, Waiting>();

	/** Asks for a computation. @throws Failure where it cannot be done, Stopped where `stop` came first */
	run<Name extends TaskName>(
		task: Name,
		request: Tasks[Name]["request"],
		{ onEvent, onProgress }: Listeners<Name> = {},
	): Promise<Answered<Name>> {
		const id = ++this.#count;
		return new Promise((resolve, reject) => {
			this.#waiting.set(id, {
				resolve: resolve as Waiting["resolve"],
				reject,
				onEvent: onEvent as Waiting["onEvent"],
				onProgress,
			});
			const call: Call = { id, task, request, kernel, threads };
			this.#started().postMessage(call);
		});
	}

	/** Ends what is being computed at once; the next computation starts a new worker. Without one nothing changes. */
	stop(): void {
		if (this.#waiting.size > 0) this.#fail(new Stopped("stopped"));
	}

	#started(): Worker {
		if (this.#worker) return this.#worker;
		const worker = new Worker(workerAddress());
		worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => this.#take(data));
		worker.addEventListener("error", ({ message }) => this.#fail(new Failure(message || "the worker ended", true)));
		this.#worker = worker;
		return worker;
	}

	#take(reply: Reply): void {
		const waiting = this.#waiting.get(reply.id);
		if (!waiting) return;
		if (reply.kind === "event") {
			waiting.onEvent?.(reply.event as never);
			return;
		}
		if (reply.kind === "progress") {
			waiting.onProgress?.(reply.done);
			return;
		}
		this.#waiting.delete(reply.id);
		if (reply.kind === "failure") waiting.reject(new Failure(reply.message, reply.bug));
		else this.#answered(waiting, reply);
	}

	#answered(waiting: Waiting, reply: Extract<Reply, { kind: "answer" }>): void {
		if (reply.kernel === "js")
			say("page-said", kernel === "js" ? "Computed in plain JavaScript, as the address asks." : SLOW);
		waiting.resolve({ answer: reply.answer as never, kernel: reply.kernel, threads: reply.threads });
	}

	#fail(error: Error): void {
		this.#worker?.terminate();
		this.#worker = undefined;
		const waiting = [...this.#waiting.values()];
		this.#waiting.clear();
		for (const { reject } of waiting) reject(error);
	}
}

/** Runs one computation at a time and skips to the newest request: what a slider asks for while another is computed. */
export class Latest<Name extends TaskName> {
	readonly #calculator = new Calculator();
	readonly #task: Name;
	readonly #section: HTMLElement;
	#next: Tasks[Name]["request"] | undefined;
	#busy = false;

	/** @param section the element that shows the answers: `aria-busy` until it shows that of the newest request */
	constructor(task: Name, section: HTMLElement) {
		this.#task = task;
		this.#section = section;
	}

	/** Asks for an answer; `show` gets it, or the failure, unless a newer request has come. */
	ask(
		request: Tasks[Name]["request"],
		show: (answered: Answered<Name>) => void,
		fail: (failure: Failure) => void,
	): void {
		this.#next = request;
		this.#section.ariaBusy = "true";
		if (!this.#busy) void this.#work(show, fail);
	}

	async #work(show: (answered: Answered<Name>) => void, fail: (failure: Failure) => void): Promise<void> {
		this.#busy = true;
		while (this.#next !== undefined) {
			const request = this.#next;
			this.#next = undefined;
			try {
				show(await this.#calculator.run(this.#task, request));
			} catch (error) {
				if (!(error instanceof Failure)) throw error;
				if (this.#next === undefined) fail(error);
			}
		}
		this.#busy = false;
		this.#section.ariaBusy = "false";
	}
}

/** A failure in words for the reader. */
export const inWords = ({ message, bug }: Failure): string =>
	bug && /wasm|WebAssembly|SharedArrayBuffer/i.test(message)
		? `this browser cannot run the kernels (${message}); a current Chromium, Firefox or Safari can`
		: bug
			? `this should not happen: ${message}`
			: message;
