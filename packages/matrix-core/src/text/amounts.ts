/** Milliseconds of the units of a duration. */
const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, min: 6e4, h: 3.6e6 };

/** MiB of the units of memory; powers of 1000 and of 1024 are taken alike. */
const memoryUnits: Readonly<Record<string, number>> = { k: 2 ** -10, m: 1, g: 2 ** 10, t: 2 ** 20 };

/** Reads a duration, `500ms`, `10s`, `2m`, `1h` or plain seconds, as milliseconds; undefined for anything else, and for 0. */
export function readDuration(text: string): number | undefined {
	const [, number, unit = "s"] = /^(\d+\.?\d*|\.\d+)\s*(ms|s|m|min|h)?$/.exec(text.trim()) ?? [];
	return positive(Number(number) * durationUnits[unit]);
}

/**
 * Reads an amount of memory, `512MB`, `4GB`, `4GiB` or plain MiB, as MiB; undefined for anything else, and for 0. Powers of
 * 1024 and of 1000 are taken alike, as powers of 1024.
 */
export function readMemory(text: string): number | undefined {
	const [, number, unit = "m"] = /^(\d+\.?\d*|\.\d+)\s*(?:([KMGT])(?:i?B)?)?$/i.exec(text.trim()) ?? [];
	return positive(Number(number) * memoryUnits[unit.toLowerCase()]);
}

const positive = (x: number): number | undefined => (Number.isFinite(x) && x > 0 ? x : undefined);

/**
 * A duration for people: `250 µs`, `41 ms`, `1.2 s`, `3.4 min`, `2.5 h`.
 * @param digits significant digits of what is below 10^digits; larger numbers are whole. @default 2
 */
export function shortDuration(milliseconds: number, digits = 2): string {
	const inUnit = (unit: number) => {
		const x = milliseconds / unit;
		return String(x >= 10 ** digits ? Math.round(x) : Number(x.toPrecision(digits)));
	};
	if (milliseconds <= 0) return "0 s";
	if (milliseconds < 1) return `${inUnit(1e-3)} µs`;
	if (milliseconds < 1e3) return `${inUnit(1)} ms`;
	if (milliseconds < 6e4) return `${inUnit(1e3)} s`;
	return milliseconds < 3.6e6 ? `${inUnit(6e4)} min` : `${inUnit(3.6e6)} h`;
}
