import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/*
 * Every measured number that the documents quote is found in a file of the reference run: a number with a unit of time,
 * memory, speed or a ratio must be a value there, rounded to the digits that are quoted. What is no measurement of it (a limit,
 * a default, a goal) is listed in the document itself: <!-- not of the reference run: 60 s, 4 GB -->.
 */
const root = fileURLToPath(new URL("../../../", import.meta.url));
const reference = join(root, "results/reference");

const number = String.raw`\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?`;
const units = ["ms", "s", "min", "MB", "MiB", "GB", "GFLOP/s", "rows/s", "million rows/s", "times", "x"];
const quoted = new RegExp(String.raw`(?<![\w.,^])(${number})\s?(${units.join("|")})(?![\w/²³])`, "g");

/** Factors by which a unit in a document may differ from the one in a file. */
const conversions: Readonly<Record<string, readonly number[]>> = {
	s: [1, 1e-3],
	min: [1, 1e-3 / 60, 1 / 60],
	GB: [1, 1e-3, 1 / 1024],
	"million rows/s": [1, 1e-6],
};

interface Quote {
	readonly text: string;
	readonly digits: string;
	readonly unit: string;
}

function quotesOf(text: string): Quote[] {
	return Array.from(text.matchAll(quoted), ([whole, digits, unit]) => ({
		text: whole.replace(/\s+/, " "),
		digits: digits!.replaceAll(",", ""),
		unit: unit!,
	}));
}

/** Digits of a number that count: 3 in 0.0123, 2 in 1.0. */
const significant = (digits: string) => digits.replace(/e.*/, "").replace(".", "").replace(/^0+/, "").length || 1;

/** Every number in the files of the reference run, as text and data alike. */
function measuredNumbers(): Float64Array {
	const files = globSync("**/*.{csv,json,txt}", { cwd: reference });
	return Float64Array.from(
		files.flatMap((file) =>
			Array.from(readFileSync(join(reference, file), "utf8").matchAll(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g), ([text]) =>
				Number(text),
			),
		),
	);
}

const documents = globSync(["README.md", "docs/performance.md", "experiments/*/README.md"], { cwd: root });

test("there is a reference run", () => {
	expect(existsSync(join(reference, "scaling/rows.csv"))).toBe(true);
});

test("docs/performance.md shows the table of the bench as it was measured", () => {
	const bench = readFileSync(join(reference, "bench.txt"), "utf8");
	expect(readFileSync(join(root, "docs/performance.md"), "utf8")).toContain(bench);
});

const known = existsSync(reference) ? [...new Set(measuredNumbers())] : [];

test.each(documents)("every measured number that %s quotes is in a file of the reference run", (path) => {
	const text = readFileSync(join(root, path), "utf8");
	const listed = Array.from(text.matchAll(/<!-- not of the reference run: (.*?) -->/gs)).flatMap(([, list]) =>
		quotesOf(list!),
	);
	const exempt = new Set(listed.map((quote) => quote.text));
	const quotes = quotesOf(text.replaceAll(/<!--.*?-->/gs, ""));
	const missing = quotes.filter(({ text: quote, digits, unit }) => {
		if (exempt.has(quote)) return false;
		const places = significant(digits);
		const value = Number(digits);
		return !(conversions[unit] ?? [1]).some((factor) =>
			known.some((measured) => Number((measured * factor).toPrecision(places)) === value),
		);
	});
	expect(missing.map((quote) => quote.text)).toEqual([]);
	// A list that names what the text no longer says would hide the next mistake.
	const said = new Set(quotes.map((quote) => quote.text));
	expect([...exempt].filter((quote) => !said.has(quote))).toEqual([]);
});
