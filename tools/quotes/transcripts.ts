// The outputs of commands that README.md shows: lines of results/reference/readme.txt, with … where some are left out.
import { QuoteError } from "./expression.ts";

const block = /^```\n(\$ [\s\S]*?)^```/gm;

/** The content of a line besides its numbers, the units of times, and whether a time has a deviation. */
const words = (line: string) =>
	line
		.replaceAll(/\d+(?:[.,]\d+)*(?:e[+-]?\d+)?/g, "#")
		.replaceAll(/# (?:µs|ms|s|min|h)\b/g, "# time")
		.replaceAll(/(?:# time )+(?=# time)/g, "")
		.replaceAll(" ± #", "")
		.trim();

/** Outputs of a transcript by command. */
function outputsOf(transcript: string): Map<string, string[]> {
	const outputs = new Map<string, string[]>();
	for (const part of transcript.split(/^\$ /m).slice(1)) {
		const [command, ...lines] = part.split("\n");
		outputs.set(command, lines);
	}
	return outputs;
}

/**
 * The document with the numbers of its transcripts as they are in a new one: each line is the first not yet shown that says the same
 * in other numbers.
 * @throws QuoteError for a command or a line that the new transcript does not have
 */
export function renewedTranscripts(text: string, transcript: string): string {
	const outputs = outputsOf(transcript);
	return text.replaceAll(block, (whole, shown: string) => {
		let left: string[] = [];
		const lines = shown.split("\n").map((line) => {
			if (line === "…" || line === "") return line;
			if (line.startsWith("$ ")) {
				const output = outputs.get(line.slice(2));
				if (!output) throw new QuoteError(`README.md: readme.txt has no command ${line}`);
				left = [...output];
				return line;
			}
			const at = left.findIndex((other) => words(other) === words(line));
			if (at < 0) throw new QuoteError(`README.md: readme.txt has no line like ${line}`);
			return left.splice(at, 1)[0];
		});
		return whole.replace(shown, () => lines.join("\n"));
	});
}

/** The document with its transcripts left blank. */
export function withoutTranscripts(text: string): string {
	return text.replaceAll(block, (whole) => whole.replaceAll(/[^\n]/g, ""));
}
