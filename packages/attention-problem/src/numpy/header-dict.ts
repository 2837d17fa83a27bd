/** The dictionary of a `.npy` header. */
export interface HeaderDict {
	readonly descr: string;
	readonly fortranOrder: boolean;
	readonly shape: readonly number[];
}

/** An error in a header dictionary; its message does not name the file. */
export class HeaderSyntaxError extends Error {}

/** Reads one text from left to right. */
class Scanner {
	readonly #text: string;
	#at = 0;

	constructor(text: string) {
		this.#text = text;
	}

	/** The match of a sticky pattern here, after blanks, or undefined. */
	take(pattern: RegExp): string | undefined {
		while (/[ \t\r\n\f]/.test(this.#text[this.#at] ?? "")) this.#at++;
		return this.takeAtOnce(pattern);
	}

	/** The match of a sticky pattern right behind what was taken last, or undefined. */
	takeAtOnce(pattern: RegExp): string | undefined {
		pattern.lastIndex = this.#at;
		const [found] = pattern.exec(this.#text) ?? [];
		if (found !== undefined) this.#at += found.length;
		return found;
	}

	need(pattern: RegExp, what: string): string {
		const found = this.take(pattern);
		if (found === undefined) throw new HeaderSyntaxError(`expected ${what} at character ${this.#at} of the header`);
		return found;
	}
}

/** Printable ASCII between quotes, without quotes and backslashes. */
const STRING = /'[ !#-&(-[\]-~]*'|"[ !#-&(-[\]-~]*"/y;

/**
 * Parses the Python dictionary of a header: exactly the keys descr (a string), fortran_order (True or False) and shape
 * (a tuple of whole numbers, which Python 2 may write as `7L`), in any order. Nothing else of Python is understood.
 * @throws HeaderSyntaxError
 */
export function parseHeaderDict(text: string): HeaderDict {
	const scanner = new Scanner(text);
	const found: { descr?: string; fortran_order?: boolean; shape?: number[] } = {};
	scanner.need(/\{/y, "{");
	while (scanner.take(/\}/y) === undefined) {
		const key = scanner.need(STRING, "a quoted key").slice(1, -1);
		if (Object.hasOwn(found, key)) throw new HeaderSyntaxError(`'${key}' twice in the header`);
		scanner.need(/:/y, ":");
		if (key === "descr") found.descr = scanDescr(scanner);
		else if (key === "fortran_order") found.fortran_order = scanner.need(/True|False/y, "True or False") === "True";
		else if (key === "shape") found.shape = scanShape(scanner);
		else throw new HeaderSyntaxError(`unknown key '${key}' in the header`);
		if (scanner.take(/,/y) === undefined) {
			scanner.need(/\}/y, ", or }");
			break;
		}
	}
	scanner.need(/$/y, "the end");
	const { descr, fortran_order: fortranOrder, shape } = found;
	if (descr === undefined || fortranOrder === undefined || shape === undefined)
		throw new HeaderSyntaxError("the header must have descr, fortran_order and shape");
	return { descr, fortranOrder, shape };
}

function scanDescr(scanner: Scanner): string {
	if (scanner.take(/\[/y) !== undefined) throw new HeaderSyntaxError("a dtype of records (several fields) is not read");
	return scanner.need(STRING, "a quoted dtype").slice(1, -1);
}

function scanShape(scanner: Scanner): number[] {
	scanner.need(/\(/y, "(");
	const shape: number[] = [];
	while (scanner.take(/\)/y) === undefined) {
		const length = Number(scanner.need(/\d{1,16}/y, "a whole number or )"));
		scanner.takeAtOnce(/L/y);
		if (!Number.isSafeInteger(length)) throw new HeaderSyntaxError(`axis of length ${length} in the header`);
		shape.push(length);
		if (scanner.take(/,/y) !== undefined) continue;
		if (shape.length === 1) throw new HeaderSyntaxError("the shape is not a tuple");
		scanner.need(/\)/y, ", or )");
		break;
	}
	return shape;
}
