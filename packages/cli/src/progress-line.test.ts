import { expect, test } from "vitest";
import { progressLine } from "./progress-line.ts";

/** A stream that keeps what is written, and a clock that is set by hand. */
function fake(isTTY: boolean) {
	const written: string[] = [];
	const clock = { now: 0 };
	const line = progressLine({ isTTY, write: (text) => written.push(text) }, () => clock.now);
	return { written, clock, line };
}

test("a terminal gets one line that is overwritten, with rows a second, and is cleared", () => {
	const { written, clock, line } = fake(true);
	clock.now = 500;
	line.show(1_000_000, 4_000_000);
	line.clear();
	expect(written).toEqual(["\r25 % of the rows, 2,000,000 rows/s\x1b[K", "\r\x1b[K"]);
});

test("a log gets a line every ten seconds, and nothing of a short computation", () => {
	const { written, clock, line } = fake(false);
	for (const second of [1, 5, 9, 10, 12, 19, 20]) {
		clock.now = 1000 * second;
		line.show(100 * second, 4000);
	}
	line.clear();
	expect(written).toEqual(["25 % of the rows, 100 rows/s\n", "50 % of the rows, 100 rows/s\n"]);
});

test("rows that begin anew are timed anew", () => {
	const { written, clock, line } = fake(true);
	clock.now = 1000;
	line.show(100, 100);
	clock.now = 2000;
	line.show(0, 100);
	clock.now = 3000;
	line.show(50, 100);
	expect(written.at(-1)).toBe("\r50 % of the rows, 50 rows/s\x1b[K");
});
