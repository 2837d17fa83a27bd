/** Milliseconds of processor time that a run takes, of all threads of this process: blind to other processes. */
export async function processorTime(run: () => Promise<unknown>): Promise<number> {
	const before = process.cpuUsage();
	await run();
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1000;
}
