// Prints one line, "N passed, N failed[, N skipped]", summed over the test reports of all packages; exits 1 unless all is well.
// --status CODE: exit code of the run that made the reports. One that is not 0 without a failed test (a type error, a
// lint error, a broken installation) counts as one failure.
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { status: { type: "string", default: "0" } } });
const totals = { passed: 0, failed: 0, skipped: 0 };

for (const manifest of globSync(["packages/*/package.json", "experiments/package.json"]).sort()) {
	const report = join(dirname(manifest), "test-report.json");
	try {
		const read = JSON.parse(readFileSync(report, "utf8"));
		totals.passed += read.numPassedTests;
		totals.failed += read.numFailedTests;
		totals.skipped += read.numPendingTests + read.numTodoTests;
		if (read.success || read.numFailedTests > 0) continue;
		console.error(`${report}: the run failed outside its tests`);
	} catch (error) {
		console.error(`${report}: ${error instanceof Error ? error.message : error}`);
	}
	totals.failed++;
}
if (values.status !== "0" && totals.failed === 0) {
	console.error(`the test command failed outside the tests (exit ${values.status}): see above`);
	totals.failed++;
}
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : "";
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exitCode = totals.failed > 0 ? 1 : 0;
