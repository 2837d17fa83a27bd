/** Milliseconds between two looks. */
const INTERVAL = 500;

/**
 * Calls `gone` when a process has ended. Standard input ends with the program at its other end, but not where another process still
 * holds that end too, as a child of that program may.
 * @param parent the process; default: the one that started this one
 * @returns stops looking
 */
export function watchParent(parent: number | undefined, gone: () => void): () => void {
	const starter = process.ppid;
	// a process whose parent ends is given to another
	const hasEnded = () => (parent === undefined ? process.ppid !== starter : !isRunning(parent));
	const timer = setInterval(() => {
		if (hasEnded()) gone();
	}, INTERVAL);
	timer.unref();
	return () => clearInterval(timer);
}

/** Whether there is a process of this number. */
export function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}
