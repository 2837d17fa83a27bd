import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs, stripVTControlCharacters } from "node:util";

/** The part of a vitest JSON report that is read. */
type Report = {
	success: boolean;
	numPassedTests: number;
	numFailedTests: number;
	numPendingTests: number;
	numTodoTests: number;
	testResults: TestFile[];
};
type TestFile = {
	name: string;
	status: string;
	/** Why the file as a whole failed: an import, a hook. */
	message?: string;
	assertionResults: { fullName: string; status: string; failureMessages?: string[] }[];
};

/** How much of a failure's message is shown. */
const MESSAGE_LINES = 12;

const usage = `usage: node tools/sum-tests.ts [options]

Prints one line, "N passed, N failed[, N skipped]", summed over the test reports of all packages; exits 1 unless all is well.
Before it, each failed test by name with the first lines of what it said: the end of a long log is what is left of it.

options:
  --status <N>   exit code of the run that made the reports; another than 0 without a failed test (a type error, a lint
                 error, a broken installation) counts as one failure (default: 0)
  --long         the reports of npm run test:long too
  -h, --help     print this help and do nothing else`;
const { status, long } = readWords();
const totals = { passed: 0, failed: 0, skipped: 0 };

for (const manifest of globSync(["packages/*/package.json", "{experiments,tools}/package.json"]).sort()) {
	add(join(dirname(manifest), "test-report.json"));
	const { scripts } = JSON.parse(readFileSync(manifest, "utf8")) as { scripts: Record<string, string> };
	if (long && scripts["test:long"]) add(join(dirname(manifest), "test-report.long.json"));
}
if (status !== 0 && totals.failed === 0) {
	console.error(`the test command failed outside the tests (exit ${status}): see above`);
	totals.failed++;
}
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : "";
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exitCode = totals.failed > 0 ? 1 : 0;

/** The options. It has to tell of a broken installation too, and so imports nothing of the project. */
function readWords(): { status: number; long: boolean } {
	try {
		const { values } = parseArgs({
			options: {
				status: { type: "string", default: "0" },
				long: { type: "boolean", default: false },
				help: { type: "boolean", short: "h", default: false },
			},
		});
		if (values.help) {
			console.log(usage);
			process.exit(0);
		}
		if (!/^\d+$/.test(values.status)) throw new Error(`--status must be a whole number >= 0, got ${values.status}`);
		return { status: Number(values.status), long: values.long };
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		console.error(`sum-tests: ${message.charAt(0).toLowerCase()}${message.slice(1).split("\n")[0]}`);
		process.exit(2);
	}
}

/** Adds a report; one that is missing, or of a run that failed outside its tests, counts as a failure. */
function add(report: string): void {
	try {
		const read: Report = JSON.parse(readFileSync(report, "utf8"));
		totals.passed += read.numPassedTests;
		totals.failed += read.numFailedTests;
		totals.skipped += read.numPendingTests + read.numTodoTests;
		nameFailures(read);
		if (read.success || read.numFailedTests > 0) return;
		console.error(`${report}: the run failed outside its tests`);
	} catch (error) {
		console.error(`${report}: ${error instanceof Error ? error.message : error}`);
	}
	totals.failed++;
}

/** Each failed test of a report, and each file that failed as a whole. */
function nameFailures({ testResults }: Report): void {
	for (const { name, status, message, assertionResults } of testResults) {
		const file = name.slice(name.search(/(packages|experiments|tools)\//));
		const failed = assertionResults.filter((test) => test.status === "failed");
		for (const { fullName, failureMessages } of failed) {
			console.error(`failed: ${file}: ${fullName}\n${firstLines((failureMessages ?? []).join("\n"))}`);
		}
		if (status === "failed" && failed.length === 0) console.error(`failed: ${file}\n${firstLines(message ?? "")}`);
	}
}

function firstLines(text: string): string {
	const lines = stripVTControlCharacters(text).split("\n");
	return lines
		.slice(0, MESSAGE_LINES)
		.map((line) => `    ${line.slice(0, 300)}`)
		.join("\n");
}
