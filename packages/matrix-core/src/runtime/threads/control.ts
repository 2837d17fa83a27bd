/**
 * The first pages of the kernel memory, through which threads are told what to do.
 * `word` are indices of 32-bit words from the start of memory; address 0 stays unused.
 */
export const CONTROL = {
	word: {
		/** Number of the job at hand; raised for each, which is what workers wait for. */
		job: 32,
		/** Workers that have not finished the job; what the main thread waits for. */
		busy: 64,
		/** Next task of the job that nobody has taken. */
		nextTask: 96,
		/** Tasks done. */
		doneTasks: 128,
		/** The kind of job: one of `jobKind`. */
		kind: 160,
		/** Number of the module and of the function in it, in the order in which they were loaded and are exported. */
		module: 161,
		kernel: 162,
		/** Tasks of the job, and numbers that each takes. */
		tasks: 163,
		taskLength: 164,
		/** Where the tasks are and where their results go (64-bit numbers each), and the scratch of thread 0. */
		taskAddress: 165,
		resultAddress: 166,
		scratchAddress: 167,
		/** Bytes from the scratch of a thread to that of the next. */
		scratchStep: 168,
		/** 64 KiB pages that the memory has at the least. */
		pages: 169,
		/** 1 + number of the thread that failed first. */
		failed: 192,
		/** Length of its message in UTF-8. */
		messageLength: 193,
	},
	/** Where that message is. */
	messageAddress: 4096,
	messageBytes: 4096,
	/** First byte after the control pages. */
	end: 65536,
} as const;

/** The kinds of job for a worker: run tasks, load the module that is at its port, or end. */
export const jobKind = { run: 1, load: 2, close: 3 } as const;
