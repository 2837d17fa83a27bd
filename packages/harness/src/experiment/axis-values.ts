import { UsageError } from "@attgrad/matrix-core";

/**
 * Reads the values of an axis from the command line: numbers and ranges of powers separated by commas,
 * `1024,2048`, `2^10`, `2^10..2^17`, `0.5,1e-6`.
 * @param name the option, for the error
 * @param whole whether only whole numbers will do
 * @throws UsageError naming the part that is not a number > 0
 */
export function parseAxis(name: string, text: string, { whole = false } = {}): number[] {
	const values = text.split(",").flatMap((part) => {
		const range = /^(\d+)\^(\d+)\.\.(\d+)\^(\d+)$/.exec(part.trim())?.slice(1).map(Number);
		if (!range) return [parseValue(name, part.trim(), whole)];
		const [base, from, otherBase, to] = range as [number, number, number, number];
		if (base !== otherBase || base < 2 || from > to)
			throw new UsageError(`--${name}: a range runs over powers of one base, like 2^10..2^17, got ${part}`);
		return Array.from({ length: to - from + 1 }, (_, i) => check(name, part, base ** (from + i), whole));
	});
	return [...new Set(values)];
}

function parseValue(name: string, text: string, whole: boolean): number {
	const [, base, exponent] = /^(\d+)\^(\d+)$/.exec(text) ?? [];
	const decimal = /^\d*\.?\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
	return check(name, text, base === undefined ? decimal : Number(base) ** Number(exponent), whole);
}

function check(name: string, text: string, value: number, whole: boolean): number {
	if (!(Number.isFinite(value) && value > 0 && (!whole || isExact(value))))
		throw new UsageError(
			`--${name}: each value must be a ${whole ? "whole number >= 1" : "number > 0"} (also 2^10, 2^10..2^17), got ${text || "nothing"}`,
		);
	return value;
}

/** Whether a number is whole, and the one that was written: large ones are that only as powers of two. */
function isExact(value: number): boolean {
	return Number.isSafeInteger(value) || (value > 1 && Number.isInteger(Math.log2(value)));
}

/** Reads spellings of algorithms separated by commas: `dense,polynomial/moment:basis=taylor,degree=4,streaming`. */
export function parseAlgorithms(text: string): string[] {
	// A comma before `name=` separates settings, not algorithms.
	return [...new Set(text.split(/,(?!\s*\w+=)/).map((spelling) => spelling.trim()))];
}
