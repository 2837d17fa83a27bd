import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** Tests that take too long for every day, or need the machine for themselves: `*.long.ts`, one package after the other. */
export default mergeConfig(
	{ ...base, test: { ...base.test, include: [], reporters: [] } },
	defineConfig({
		test: {
			include: ["src/**/*.long.ts", "*/*.long.ts", "test/**/*.long.ts"],
			reporters: ["default", ["json", { outputFile: "test-report.long.json" }]],
			testTimeout: 300_000,
			hookTimeout: 300_000,
			fileParallelism: false,
		},
	}),
);
