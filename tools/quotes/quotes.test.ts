import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { columns } from "@attgrad/harness";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renewed, unquoted, untrueClaims } from "./documents.ts";
import { evaluateQuote } from "./evaluate-quote.ts";
import { renewedTranscripts } from "./transcripts.ts";

let folder: string;

const extra = (loss: number[]) => JSON.stringify({ loss, rate: { "0.01": loss[0] } });

/** exact and fast at n = 100 and 1000; fast at 10,000 only. */
const rows = [
	{ algorithm: "exact", n: 100, time_ms: 16_690, error_max: 0, extra: extra([2, 4]) },
	{ algorithm: "exact", n: 1000, time_ms: 2000.4, error_max: 0, extra: extra([3, 5]) },
	{ algorithm: "fast:degree=2,basis=x", n: 100, time_ms: 8345, error_max: 1.26e-8, extra: extra([2.02, 4.04]) },
	{ algorithm: "fast:degree=2,basis=x", n: 1000, time_ms: 200, error_max: 0.5, extra: extra([3, 5, 7]) },
	{ algorithm: "fast:degree=2,basis=x", n: 10_000, time_ms: 400, error_max: 0.0123 },
];

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "quotes-"));
	mkdirSync(join(folder, "speed"));
	const lines = rows.map((row, i) => {
		const given: Record<string, unknown> = {
			...{ key: String(i).padStart(16, "0"), experiment: "speed", d: 4, status: "done", contended: false },
			...{ started_at: "2026-01-01T00:00:00.000Z", ...row },
		};
		return columns.map((column) => `"${String(given[column] ?? "").replaceAll('"', '""')}"`).join(",");
	});
	writeFileSync(join(folder, "speed/rows.csv"), `${columns.join(",")}\n${lines.join("\n")}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fast = "algorithm='fast:degree=2,basis=x'";

describe("a quote gives", () => {
	test.each([
		["speed n=100 algorithm=exact: time_ms as 2 s", "17 s"],
		["speed n=100 algorithm=exact: time_ms as 4 ms", "16,690 ms"],
		["speed n=1e3 algorithm=exact: time_ms as 2 s", "2.0 s"],
		[`speed n=100 ${fast}: error_max as 2`, "1.3e-8"],
		["speed n=10000: error_max as 2 %", "1.2 %"],
		["speed n=7,10000 algorithm='a b','fast:degree=2,basis=x': time_ms as 1 ms", "400 ms"],
		["speed n=10000: n + 24 as whole", "10,024"],
		["speed n=100 algorithm=exact: n * 13 as whole", "1300"],
		["speed n>1000: time_ms as 1 ms", "400 ms"],
		["speed n=100 algorithm!=exact: time_ms / 2 as 3 ms", "4170 ms"],
		["speed n=100: time_ms[algorithm=exact] / time_ms[algorithm!=exact] as 2 times", "2.0 times"],
		["speed n=100 algorithm=exact: 1 + 2 * (3 - 1) / 4 as 1", "2"],
		["speed n=100 algorithm=exact: rate.'0.01' as 1", "2"],
		["speed n=100 algorithm=exact: last(extra.loss) - first(extra.loss) as 1", "2"],
		["speed n=100: max(abs(extra.loss[algorithm!=exact] / extra.loss[algorithm=exact] - 1)) as 1 %", "1 %"],
	])("%s: %s", (quote, text) => {
		expect(evaluateQuote(quote, folder)).toBe(text);
	});
});

describe("a quote of several rows gives", () => {
	test.each([
		// pairs where both have been measured
		["speed each n: time_ms[algorithm=exact] / time_ms[algorithm!=exact] as range 3", "2.00 to 10.1"],
		["speed algorithm!=exact each row: time_ms as min 2 ms", "200 ms"],
		["speed algorithm!=exact each n: error_max as max 1", "0.5"],
		["speed algorithm!=exact each row: time_ms as median 1 ms", "400 ms"],
		["speed algorithm!=exact each row where error_max < 0.1: n as range 1", "100 to 10,000"],
		["speed algorithm!=exact each row: error_max < 0.1 as sum 1", "2"],
		// a column's own condition goes before that of its group
		["speed algorithm!=exact each n: time_ms / time_ms[n=100] as range 2", "0.023 to 1.0"],
	])("%s: %s", (quote, text) => {
		expect(evaluateQuote(quote, folder)).toBe(text);
	});

	test("bounds that hold: a minimum is rounded down, a maximum up, and what is exact not at all", () => {
		const each = "speed algorithm!=exact each row where n > 1000: error_max as";
		expect(evaluateQuote(`${each} min 2`, folder)).toBe("0.012");
		expect(evaluateQuote(`${each} max 2`, folder)).toBe("0.013");
		expect(evaluateQuote(`${each} range 2`, folder)).toBe("0.012 to 0.013");
		expect(evaluateQuote(`${each} range 3`, folder)).toBe("0.0123");
	});
});

describe("a quote that cannot be made says why", () => {
	test.each([
		["speed n=7: time_ms as 2 s", "no row with n=7"],
		["speed n=100: time_ms as 2 s", "2 rows with n=100: say which, or each"],
		["speed each d: time_ms as max 2 s", "5 rows with d=4: say which, or each"],
		[
			"speed each n: time_ms[algorithm=none] as max 2 s",
			"no combination of n has the rows for time_ms[algorithm=none]",
		],
		["speed n=100 algorithm=exact: speed as 2 s", "unknown column: speed"],
		["speed n=100 algorithm=exact colour=red: time_ms as 2 s", "unknown column: colour"],
		["speed n=100 algorithm=exact: rank as 2", "no rank in the row with n=100 algorithm=exact"],
		["speed n=100 algorithm=exact: extra.loss as 2", "a list is no number"],
		["speed n=100 algorithm=exact: algorithm as 2", "algorithm is no number"],
		["speed n=1000: extra.loss[algorithm=exact] - extra.loss[algorithm!=exact] as 2", "lists of 2 and 3 entries"],
		["speed n=100 algorithm=exact: n / 3 as whole", "33.333333333333336 is no whole number"],
		["speed n=100 algorithm=exact: time_ms as 2 parsec", "unknown unit: parsec"],
		["speed n=100 algorithm=exact: time_ms as max 2 s", "each needs an aggregate"],
		["speed each n: time_ms as 2 s", "each needs an aggregate"],
		["speed n=100 algorithm=exact: time_ms / as 2 s", "expected a number or a column"],
		["speed n=100 algorithm=exact: cube(time_ms) as 2 s", "unknown function: cube"],
		["speed n: time_ms as 2 s", "expected a condition such as n=512, got n"],
		["slow n=100: time_ms as 2 s", "there are no rows of slow"],
		["speed n=100", "expected EXPERIMENT"],
	])("%s: %s", (quote, message) => {
		let failure = "";
		try {
			evaluateQuote(quote, folder);
		} catch (error) {
			failure = (error as Error).message;
		}
		expect(failure).toContain(message);
		expect(failure).not.toContain("\n");
	});
});

describe("a document", () => {
	const quote = "<!-- quote speed n=100 algorithm=exact: time_ms as 2 s -->";

	test("has its quotes renewed, and nothing else", () => {
		const text = `It takes ${quote}3 s<!-- /quote -->, at n = 100, not 3 s.\n`;
		expect(renewed("a.md", text, folder)).toBe(text.replace("3 s<", "17 s<"));
	});

	test("tells where a quote cannot be made", () => {
		const text = `\nIt takes ${quote.replace("100", "7")}3 s<!-- /quote -->\n`;
		expect(() => renewed("a.md", text, folder)).toThrow(
			"a.md line 2: no row with n=7 algorithm=exact (quote speed n=7",
		);
	});

	test("may not begin a line with a quote, which would end the paragraph, nor leave one open", () => {
		expect(() => renewed("a.md", `a\n${quote}3 s<!-- /quote -->`, folder)).toThrow(
			"a.md line 2: a quote or claim cannot begin",
		);
		expect(() => renewed("a.md", "a\n<!-- holds speed: n > 0 -->", folder)).toThrow("a.md line 2: a quote or claim");
		expect(() => renewed("a.md", `a ${quote}3 s`, folder)).toThrow("a.md: a quote without its begin or end");
	});

	test("is told which of its claims do not hold, and where", () => {
		const claim = "<!-- holds speed each n: time_ms[algorithm=exact] > time_ms[algorithm!=exact] * 9 -->";
		expect(untrueClaims("a.md", `Faster. ${claim.replace("* 9", "")}\n`, folder)).toEqual([]);
		expect(untrueClaims("a.md", `\nFaster. ${claim}\nSlow. <!-- holds slow: n > 0 -->`, folder)).toEqual([
			`a.md line 2: does not hold with n=100 (${claim.slice(5, -4)})`,
			"a.md line 3: there are no rows of slow (holds slow: n > 0)",
		]);
	});

	test("has no number with a unit that is neither quoted nor exempt in its section", () => {
		const text = `# A\n${quote}17 s<!-- /quote --> or 4 MiB,\n9 times, 1/3 of it, 12 %\n## B\n4 MiB, tiles of 6 x 4\n<!-- not of the reference run: 4 MiB, 5 s -->\n`;
		expect(unquoted("a.md", text)).toEqual({
			numbers: [
				{ line: 2, text: "4 MiB" },
				{ line: 3, text: "9 times" },
				{ line: 3, text: "1/3" },
				{ line: 3, text: "12 %" },
			],
			idle: ["5 s"],
		});
	});

	test("shows the lines of a new transcript in place of those of an old one", () => {
		const text = "```\n$ go\n[1/2] a: 3 ms\n…\n[2/2] a: 4 ms\ndone 2\n```\n";
		const transcript = "$ other\n[1/2] a: 0 ms\n$ go\ndone 2\n[1/2] a: 5.5 ms\n[2/2] a: 1e-3 ms\n";
		expect(renewedTranscripts(text, transcript)).toBe("```\n$ go\n[1/2] a: 5.5 ms\n…\n[2/2] a: 1e-3 ms\ndone 2\n```\n");
		const slower = "$ go\n[1/2] a: 2 min 3 s\n[2/2] a: 1 s ± 0.1\ndone 3\n";
		expect(renewedTranscripts(text, slower)).toContain("[1/2] a: 2 min 3 s\n…\n[2/2] a: 1 s ± 0.1\ndone 3\n");
		expect(() => renewedTranscripts(text, "$ go\n[1/2] b: 5 s\n")).toThrow("no line like [1/2] a: 3 ms");
		expect(() => renewedTranscripts(text, "$ went\n")).toThrow("no command $ go");
	});
});
