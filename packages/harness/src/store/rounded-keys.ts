import { join } from "node:path";
import { readIfThere } from "@attgrad/attention-problem";
import { z } from "zod";

/** Name of the file that says how a run was made, beside its rows. */
export const runFileName = "run.json";

const cellsSchema = z.looseObject({ cells: z.array(z.looseObject({ key: z.string() })) });

/**
 * Whether a key reads as a number, so that a spreadsheet may have rounded it: `1234567890123450`, `1.23457E+15`.
 * One key in some 800 does.
 */
export function isRounded(key: string | undefined): key is string {
	return key !== undefined && /^\d+(\.\d+)?(e\+?\d+)?$/i.test(key);
}

/** The keys of a folder's run.json; none where it has no such file, or a damaged one. */
export function knownKeys(folder: string): string[] {
	const text = readIfThere(join(folder, runFileName))?.toString("utf8");
	if (text === undefined) return [];
	try {
		return cellsSchema.parse(JSON.parse(text)).cells.map(({ key }) => key);
	} catch {
		return [];
	}
}

/**
 * The key that a spreadsheet made this number of, among known ones: the one that has the same digits, as far as there
 * are any. Undefined where none has, or several.
 */
export function restoreKey(rounded: string, known: readonly string[]): string | undefined {
	if (known.includes(rounded)) return rounded;
	const digits = Math.min(
		15,
		rounded.replace(/e.*$/i, "").replaceAll(/\D/g, "").replace(/^0+/, "").replace(/0+$/, "").length,
	);
	if (digits < fewestDigits) return undefined;
	const fitting = known.filter((key) => isRounded(key) && areEqual(Number(key), Number(rounded), digits));
	return fitting.length === 1 ? fitting[0] : undefined;
}

/** Spreadsheets show 6 digits at least; a last one that is 0 may be left out. */
const fewestDigits = 4;

/** Whether two numbers are the same in so many digits, rounded or cut. */
function areEqual(exact: number, rounded: number, digits: number): boolean {
	return Math.abs(exact - rounded) < 10 ** (Math.floor(Math.log10(exact)) - digits + 1);
}
