import { defineConfig } from "vitest/config";

/** One configuration for every package; each package runs its own vitest so that turbo can cache it. */
export default defineConfig({
	test: {
		include: ["*.test.ts", "src/**/*.test.ts", "*/*.test.ts", "test/**/*.test.ts"],
		exclude: ["**/node_modules/**", "build/**"],
		reporters: ["dot", ["json", { outputFile: "test-report.json" }]],
		// Ten seconds, as it would be for hooks, are short for what starts a browser or sweeps on a shared machine.
		testTimeout: 60_000,
		hookTimeout: 60_000,
		// Default: one second, which is short on a shared machine.
		expect: { poll: { timeout: 20_000 } },
		pool: "forks",
		// turbo runs two packages at a time: more processes than cores make tests that watch the clock fail.
		maxWorkers: 2,
		// The only retry: tests that start processes may fail when a shared CI machine stalls. No test has a retry of its own.
		retry: process.env["CI"] ? 1 : 0,
	},
});
