import { UsageError } from "@attgrad/matrix-core";
import type { Formula } from "./formula.ts";

interface Token {
	readonly text: string;
	readonly line: number;
	readonly column: number;
}

/**
 * Reads a DIMACS CNF text.
 * Takes comments anywhere, blank lines, clauses over several lines or several on one, a `%` line that ends the formula
 * (SATLIB), Windows line ends, repeated literals, tautologies, empty clauses and variables that occur nowhere.
 * @param name what errors call the text: a file name
 * @throws UsageError with `name:line:column` for a missing, second or malformed `p` line, something that is not a
 * literal, a variable out of range, a clause that is not ended by 0, or a number of clauses other than declared
 */
export function readDimacs(text: string, name = "dimacs"): Formula {
	const wrong = (at: { line: number; column: number }, message: string): UsageError =>
		new UsageError(`${name}:${at.line}:${at.column}: ${message}`);
	let header: { variables: number; clauses: number; at: Token } | undefined;
	let opened: Token | undefined;
	let clause: number[] = [];
	const clauses: number[][] = [];
	let end = { line: 1, column: 1 };
	for (const tokens of tokenLines(text)) {
		const first = tokens[0];
		if (first.text.startsWith("%")) {
			end = first;
			break;
		}
		if (first.text === "p") {
			if (header) throw wrong(first, `a second "p" line; the first is on line ${header.at.line}`);
			header = readHeader(tokens, wrong);
			continue;
		}
		for (const token of tokens) {
			if (!header)
				throw wrong(token, `expected "p cnf VARIABLES CLAUSES" before the clauses, got ${quoted(token.text)}`);
			const literal = readLiteral(token, header.variables, wrong);
			opened ??= token;
			if (literal !== 0) {
				clause.push(literal);
				continue;
			}
			if (clauses.length === header.clauses) throw wrong(opened, `more than the ${header.clauses} clauses declared`);
			clauses.push(clause);
			clause = [];
			opened = undefined;
		}
		const last = tokens[tokens.length - 1];
		end = { line: last.line, column: last.column + last.text.length };
	}
	if (!header) throw wrong(end, `no "p cnf VARIABLES CLAUSES" line`);
	if (opened) throw wrong(opened, "the clause that starts here is not ended by 0");
	if (clauses.length !== header.clauses) throw wrong(end, `expected ${header.clauses} clauses, got ${clauses.length}`);
	return { variables: header.variables, clauses };
}

/** The tokens of each line that has any and is not a comment. */
function* tokenLines(text: string): Generator<Token[]> {
	let line = 0;
	for (const content of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/)) {
		line++;
		const tokens = Array.from(content.matchAll(/\S+/g), (match) => ({ text: match[0], line, column: match.index + 1 }));
		if (tokens.length > 0 && !tokens[0].text.startsWith("c")) yield tokens;
	}
}

/** A word of a file that may be anything, in quotes on one line of any terminal. */
function quoted(text: string): string {
	const start = text.length > 24 ? `${text.slice(0, 24)}…` : text;
	return `"${start.replace(/[\p{C}\uFFFD]/gu, "?")}"`;
}

type Wrong = (at: Token, message: string) => UsageError;

function readHeader(tokens: Token[], wrong: Wrong): { variables: number; clauses: number; at: Token } {
	const [p, format, ...counts] = tokens;
	if (format?.text !== "cnf")
		throw wrong(format ?? p, `expected "p cnf VARIABLES CLAUSES", got format ${quoted(format?.text ?? "")}`);
	const [variables, clauses] = counts.map((token) => {
		const count = /^\d+$/.test(token.text) ? Number(token.text) : Number.NaN;
		if (!Number.isSafeInteger(count)) throw wrong(token, `expected a whole number >= 0, got ${quoted(token.text)}`);
		return count;
	});
	if (variables === undefined || clauses === undefined || counts.length > 2)
		throw wrong(counts[2] ?? p, `expected "p cnf VARIABLES CLAUSES", got ${counts.length} numbers`);
	return { variables, clauses, at: p };
}

function readLiteral(token: Token, variables: number, wrong: Wrong): number {
	if (!/^(0|-?[1-9]\d*)$/.test(token.text)) throw wrong(token, `expected a literal or 0, got ${quoted(token.text)}`);
	const literal = Number(token.text);
	if (Math.abs(literal) > variables)
		throw wrong(token, `literal ${token.text}, but the "p" line declares ${variables} variables`);
	return literal;
}

/** The formula as DIMACS CNF text, one clause a line, each line of `comments` behind a `c`. */
export function writeDimacs(formula: Formula, comments: readonly string[] = []): string {
	const lines = [
		...comments.map((comment) => `c ${comment}`),
		`p cnf ${formula.variables} ${formula.clauses.length}`,
		...formula.clauses.map((clause) => [...clause, 0].join(" ")),
	];
	return `${lines.join("\n")}\n`;
}
