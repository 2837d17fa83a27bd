// Quotes of the reference run in the documents, and measured numbers that are not quoted.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkClaim, evaluateQuote } from "./evaluate-quote.ts";
import { QuoteError } from "./expression.ts";
import { renewedTranscripts, withoutTranscripts } from "./transcripts.ts";

/** The project's root. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** The reference run. */
export const reference = join(root, "results/reference");

/** The documents that may quote a measured number. */
export const documents = globSync(["README.md", "docs/*.md", "experiments/*/README.md", "packages/*/README.md"], {
	cwd: root,
}).sort();

const claimed = /<!-- holds ([\s\S]*?) -->/g;
const quoted = /<!-- quote ([\s\S]*?) -->([\s\S]*?)<!-- \/quote -->/g;

/** Blocks between <!-- NAME --> and <!-- end of NAME -->, each a file of the reference run as it stands. */
export const blocks: Readonly<Record<string, string>> = {
	attacks: "attacks.txt",
	bench: "bench.txt",
	"exact kernels": "exact-kernels.txt",
};

const blockOf = (name: string) => new RegExp(String.raw`(<!-- ${name} -->\n)[\s\S]*?(<!-- end of ${name} -->)`, "g");

/**
 * A document with everything that is taken from the reference run as it is there: quotes, blocks, transcripts of commands.
 * @throws QuoteError naming document and line of the first quote that cannot be made
 */
export function renewed(path: string, text: string, folder = reference): string {
	// A comment that begins a line ends the paragraph, and what follows on the line is no Markdown.
	const begin = /^ {0,3}<!-- (?:quote|holds) /m.exec(text);
	if (begin) throw new QuoteError(`${placeOf(path, text, begin.index)}: a quote or claim cannot begin a line`);
	const stray = /<!-- \/?quote/.exec(text.replaceAll(quoted, ""));
	if (stray) throw new QuoteError(`${path}: a quote without its begin or end`);
	let made = text.replaceAll(quoted, (whole, quote: string, _old: string, at: number) => {
		try {
			return whole.slice(0, whole.indexOf(" -->") + 4) + evaluateQuote(quote, folder) + "<!-- /quote -->";
		} catch (error) {
			if (!(error instanceof QuoteError)) throw error;
			throw new QuoteError(`${placeOf(path, text, at)}: ${error.message} (quote ${quote.replaceAll(/\s+/g, " ")})`);
		}
	});
	for (const [name, file] of Object.entries(blocks))
		made = made.replaceAll(blockOf(name), (_, begin: string, end: string) =>
			[begin, readFileSync(join(folder, file), "utf8"), end].join("\n"),
		);
	if (path !== "README.md") return made;
	return renewedTranscripts(made, readFileSync(join(folder, "readme.txt"), "utf8"));
}

/**
 * The untrue claims of a document about the reference run, each marked <!-- holds EXPERIMENT …: COMPARISON --> after the words:
 * a line for each.
 */
export function untrueClaims(path: string, text: string, folder = reference): string[] {
	return Array.from(text.matchAll(claimed)).flatMap(({ 1: claim, index }) => {
		try {
			checkClaim(claim, folder);
			return [];
		} catch (error) {
			if (!(error instanceof QuoteError)) throw error;
			return [`${placeOf(path, text, index)}: ${error.message} (holds ${claim.replaceAll(/\s+/g, " ")})`];
		}
	});
}

const placeOf = (path: string, text: string, at: number) => `${path} line ${text.slice(0, at).split("\n").length}`;

const number = String.raw`\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?`;
const unitNames = [
	...["µs", "ms", "s", "min", "seconds?", "minutes?", "hours?"],
	...["kB", "KiB", "MB", "MiB", "GB", "GiB", "GFLOP/s", "rows/s", "million rows/s", "rows a second"],
	...["times", "%", "per ?cent", String.raw`x(?! ?[\dnd])`],
];
const measured = new RegExp(
	String.raw`(?<![\w.,^/])(?:${number}\s?(?:${unitNames.join("|")})(?![\w/²³])|1/${number}(?= of\b))`,
	"g",
);

/** A number with a unit of time, memory, speed or a ratio, and the line that it stands on. */
export interface Unquoted {
	readonly line: number;
	readonly text: string;
}

const exemption = /<!-- not of the reference run: ([\s\S]*?) -->/g;

/**
 * The numbers of a document that are neither quoted, nor in a block, nor in a transcript, nor exempt; and exemptions of what the
 * text does not say. An exemption, <!-- not of the reference run: 60 s, 4 GB -->, is for the section that it stands in, of whatever level.
 */
export function unquoted(path: string, text: string): { numbers: Unquoted[]; idle: string[] } {
	const blank = (whole: string) => whole.replaceAll(/[^\n]/g, "");
	let bare = text;
	for (const name of Object.keys(blocks)) bare = bare.replaceAll(blockOf(name), blank);
	if (path === "README.md") bare = withoutTranscripts(bare);
	bare = bare.replaceAll(quoted, blank);
	const numbers: Unquoted[] = [];
	const idle: string[] = [];
	let line = 1;
	for (const section of bare.split(/^(?=#)/m)) {
		const exempt = new Set(Array.from(section.matchAll(exemption), ([, list]) => list).flatMap(numbersOf));
		const said = new Set<string>();
		section
			.replaceAll(/<!--[\s\S]*?-->/g, blank)
			.split("\n")
			.forEach((words, i) => {
				for (const found of numbersOf(words)) {
					said.add(found);
					if (!exempt.has(found)) numbers.push({ line: line + i, text: found });
				}
			});
		idle.push(...[...exempt].filter((each) => !said.has(each)));
		line += section.split("\n").length - 1;
	}
	return { numbers, idle };
}

const numbersOf = (text: string): string[] =>
	Array.from(text.matchAll(measured), ([found]) => found.replace(/\s+/, " "));
