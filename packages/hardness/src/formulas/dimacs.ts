import { printable, UsageError } from "@attgrad/matrix-core";
import { CountLines } from "./count-lines.ts";
import type { Formula } from "./formula.ts";
import { headerOf, otherFormat } from "./other-formats.ts";

/** A word of a file and where it stands. */
interface Token {
	readonly text: string;
	readonly line: number;
	readonly column: number;
}

/**
 * Reads a DIMACS CNF text.
 * Takes comments anywhere, blank lines, clauses over several lines or several on one, a `%` line that ends the formula
 * (SATLIB), Windows line ends, repeated literals, tautologies, empty clauses and variables that occur nowhere. Comments that
 * ask for a projected or weighted count (`c t pmc`, `c p show`, `c p weight`, `c ind`) are told as `wantedCount`.
 * @param name what errors call the text: a file name
 * @throws UsageError with `name:line:column` for a missing, second or malformed `p` line, something that is not a
 * literal, a variable out of range, a clause that is not ended by 0, a number of clauses other than declared, or a text in
 * another format, which it names
 */
export function readDimacs(text: string, name = "dimacs"): Formula {
	const reader = new ClauseReader(name);
	const counting = new CountLines();
	for (const tokens of tokenLines(text)) {
		if (tokens[0].text.startsWith("%")) {
			reader.end = tokens[0];
			break;
		}
		if (tokens[0].text.startsWith("c"))
			counting.read(
				tokens.map((token) => token.text),
				tokens[0].line,
			);
		else reader.read(tokens);
	}
	const formula = reader.formula();
	const wantedCount = counting.wanted(formula.variables);
	return { ...formula, ...(wantedCount && { wantedCount }) };
}

/** Takes the lines of a formula one after the other. */
class ClauseReader {
	readonly #name: string;
	#header: { variables: number; clauses: number; at: Token } | undefined;
	/** First literal of the clause that is not ended yet. */
	#opened: Token | undefined;
	#clause: number[] = [];
	readonly #clauses: number[][] = [];
	/** Where the text ends, for errors about what is missing. */
	end: { line: number; column: number } = { line: 1, column: 1 };

	constructor(name: string) {
		this.#name = name;
	}

	/** Takes the words of a line, one at least. */
	read(tokens: readonly Token[]): void {
		const first = tokens[0];
		if (first.text === "p") {
			if (this.#header) throw this.#wrong(first, `a second "p" line; the first is on line ${this.#header.at.line}`);
			this.#header = readHeader(tokens, this.#wrong);
		} else {
			const format = otherFormat(
				tokens.map((token) => token.text),
				this.#header !== undefined,
			);
			if (format !== undefined) throw this.#wrong(first, `${format}; expected DIMACS CNF`);
			for (const token of tokens) this.#take(token);
		}
		const last = tokens[tokens.length - 1];
		this.end = { line: last.line, column: last.column + last.text.length };
	}

	#take(token: Token): void {
		const header = this.#header;
		if (!header)
			throw this.#wrong(token, `expected "p cnf VARIABLES CLAUSES" before the clauses, got ${quoted(token.text)}`);
		const literal = readLiteral(token, header.variables, this.#wrong);
		this.#opened ??= token;
		if (literal !== 0) {
			this.#clause.push(literal);
			return;
		}
		if (this.#clauses.length === header.clauses)
			throw this.#wrong(this.#opened, `more than the ${header.clauses} clauses declared`);
		this.#clauses.push(this.#clause);
		this.#clause = [];
		this.#opened = undefined;
	}

	/** The formula, after the last line. */
	formula(): Formula {
		const header = this.#header;
		if (!header) throw this.#wrong(this.end, `no "p cnf VARIABLES CLAUSES" line`);
		if (this.#opened) throw this.#wrong(this.#opened, "the clause that starts here is not ended by 0");
		if (this.#clauses.length !== header.clauses)
			throw this.#wrong(this.end, `expected ${header.clauses} clauses, got ${this.#clauses.length}`);
		return { variables: header.variables, clauses: this.#clauses };
	}

	readonly #wrong: Wrong = ({ line, column }, message) => new UsageError(`${this.#name}:${line}:${column}: ${message}`);
}

/** The tokens of each line that has any. */
function* tokenLines(text: string): Generator<Token[]> {
	let line = 0;
	for (const content of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/)) {
		line++;
		const tokens = Array.from(content.matchAll(/\S+/g), (match) => ({ text: match[0], line, column: match.index + 1 }));
		if (tokens.length > 0) yield tokens;
	}
}

/** A word of a file that may be anything, in quotes on one line of any terminal. */
function quoted(text: string): string {
	const start = text.length > 24 ? `${text.slice(0, 24)}…` : text;
	return `"${printable(start)}"`;
}

type Wrong = (at: { readonly line: number; readonly column: number }, message: string) => UsageError;

function readHeader(tokens: readonly Token[], wrong: Wrong): { variables: number; clauses: number; at: Token } {
	const [p, format, ...counts] = tokens;
	if (format?.text !== "cnf")
		throw wrong(format ?? p, `expected "p cnf VARIABLES CLAUSES", got ${headerOf(format?.text ?? "")}`);
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
