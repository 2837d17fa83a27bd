/** Kills a process group, by the process that leads it; one that has ended is left alone. */
export function killGroup(leader: number | undefined): void {
	if (leader === undefined) return;
	try {
		process.kill(-leader, "SIGKILL");
	} catch {
		// It is gone; macOS says EPERM instead where its processes have ended and nobody has asked how.
	}
}
