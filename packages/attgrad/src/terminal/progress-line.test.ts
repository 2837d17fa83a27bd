import { generateRows } from "@attgrad/attention-problem";
import { measureGradient } from "@attgrad/harness/gradient";
import { createRuntime, type ProgressReport } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { selectAlgorithm } from "../verbs/gradient/selection.ts";
import { progressLine } from "./progress-line.ts";

/** A stream that keeps what is written, and a clock that is set by hand. */
function fake(isTTY: boolean) {
	const written: string[] = [];
	const clock = { now: 0 };
	const line = progressLine({ isTTY, write: (text) => written.push(text) }, () => clock.now);
	return { written, clock, line };
}

test("a terminal gets one line that is overwritten, with rows a second and the time left, and is cleared", () => {
	const { written, clock, line } = fake(true);
	clock.now = 500;
	line.show(1_000_000, 4_000_000);
	line.clear();
	expect(written).toEqual(["\r25 % done, 2,000,000 rows/s, 2 s left\x1b[K", "\r\x1b[K"]);
});

test("a log gets a line every ten seconds, and nothing of a short computation", () => {
	const { written, clock, line } = fake(false);
	for (const second of [1, 5, 9, 10, 12, 19, 20]) {
		clock.now = 1000 * second;
		line.show(100 * second, 4000);
	}
	line.clear();
	expect(written).toEqual(["25 % done, 100 rows/s, 30 s left\n", "50 % done, 100 rows/s, 20 s left\n"]);
});

test("a preparation is told by its own share; after it, share, rate and time left are those of the whole", () => {
	const { written, clock, line } = fake(true);
	const at = (second: number, ...report: Parameters<typeof line.show>) => {
		clock.now = 1000 * second;
		line.show(...report);
	};
	at(10, 50, 100, "profile");
	at(20, 100, 100, "profile");
	// The work begins at 21 s and takes 100 s: 121 s in all.
	at(21, 0, 100);
	at(41, 20, 100);
	at(121, 100, 100);
	expect(written).toEqual([
		"\rprofile 50 %\x1b[K",
		"\rprofile 100 %\x1b[K",
		"\r33 % done, 1 rows/s, 1.3 min left\x1b[K",
		"\r100 % done, 1 rows/s, 0 s left\x1b[K",
	]);
});

test("the share never falls while the work goes on, though it slows down", () => {
	const { written, clock, line } = fake(true);
	for (const [second, done] of [
		[1, 30],
		[50, 31],
		[60, 90],
	] as const) {
		clock.now = 1000 * second;
		line.show(done, 100);
	}
	expect(written.map((text) => Number.parseInt(text.slice(1), 10))).toEqual([30, 31, 90]);
	expect(written[1]).toContain("1.9 min left");
});

test.each([
	["work", 50, undefined],
	["a preparation", 0, "profile"],
] as const)("%s that begins anew is a round of its own", (_name, done, preparation) => {
	const { written, clock, line } = fake(true);
	clock.now = 1000;
	line.show(100, 100);
	clock.now = 2000;
	line.show(done, 100, preparation);
	clock.now = 3000;
	line.show(75, 100);
	clock.now = 4000;
	line.show(100, 100);
	// It began at the last report of the round before, a second in.
	expect(written.at(-1)).toBe("\rround 2 of 2: 100 % done, 33 rows/s, 0 s left\x1b[K");
});

test("hours are told in hours and minutes", () => {
	const { written, clock, line } = fake(true);
	clock.now = 100_000;
	line.show(1, 80);
	expect(written).toEqual(["\r1 % done, 0 rows/s, 2.2 h left\x1b[K"]);
});

test.each(["js", undefined])(
	"a gradient by polynomials tells profile and gradient, one after the other (kernel %s)",
	async (kernel) => {
		const seen: Parameters<ProgressReport>[] = [];
		const runtime = await createRuntime({
			...(kernel && { kernel }),
			onProgress: (...report) => seen.push(report),
		});
		const problem = generateRows({ distribution: "uniform", n: 3000, d: 8, B: 0.5, seed: 1 });
		const { algorithm, options } = selectAlgorithm("polynomial", { algorithm: "polynomial", degree: 4 });
		await measureGradient(algorithm, problem, options, runtime);
		await runtime.close();
		const profile = seen.filter(([, , preparation]) => preparation === "profile");
		const work = seen.slice(profile.length);
		expect(work.every(([, , preparation]) => preparation === undefined)).toBe(true);
		for (const part of [profile, work]) {
			expect(part.map(([done]) => done)).toEqual(part.map(([done]) => done).toSorted((a, b) => a - b));
			expect(part.every(([, total]) => total === 3000)).toBe(true);
		}
		expect(profile.map(([done]) => done)).toEqual([750, 1500, 2250, 3000]);
		// In plain TypeScript the last report is up to a turn of the event loop before the end.
		expect(work.at(-1)![0]).toBeGreaterThan(1500);
		expect(work.at(-1)![0]).toBeLessThanOrEqual(3000);
		if (runtime.kernel !== "js") expect(work.at(-1)![0]).toBe(3000);
	},
);

test("rounds that are expected are counted from the first on, and notices stay", () => {
	const { written, clock, line } = fake(true);
	line.expectMore(1);
	clock.now = 1000;
	line.show(50, 100);
	line.notice("auto: streaming");
	clock.now = 2000;
	line.show(100, 100);
	line.expectMore(1);
	clock.now = 3000;
	line.show(0, 100);
	clock.now = 4000;
	line.show(50, 100);
	expect(written.map((text) => text.replace(/%.*left/, "…"))).toEqual([
		"\rround 1 of 2: 50 …\x1b[K",
		"\r\x1b[Kauto: streaming\n",
		"\rround 1 of 2: 100 …\x1b[K",
		"\rround 2 of 3: 66 …\x1b[K",
	]);
});
