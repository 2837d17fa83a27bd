// Prints one line, "N passed, N failed[, N skipped]", summed over the test reports of all packages.
import { globSync, readFileSync } from "node:fs";

const totals = { passed: 0, failed: 0, skipped: 0 };
const missing: string[] = [];
for (const manifest of globSync(["packages/*/package.json", "experiments/package.json"])) {
	const report = manifest.replace(/package\.json$/, "test-report.json");
	try {
		const read = JSON.parse(readFileSync(report, "utf8"));
		totals.passed += read.numPassedTests;
		totals.failed += read.numFailedTests + (read.success || read.numFailedTests > 0 ? 0 : 1);
		totals.skipped += read.numPendingTests + read.numTodoTests;
	} catch {
		missing.push(report);
	}
}
if (missing.length > 0) console.error(`no report: ${missing.join(", ")}`);
totals.failed += missing.length;
console.log(
	`${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ""}`,
);
if (totals.failed > 0) process.exitCode = 1;
