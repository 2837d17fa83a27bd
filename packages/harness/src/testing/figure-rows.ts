import { seededRandom } from "@attgrad/matrix-core";
import type { Row } from "../cells/row.ts";
import type { DotFigure, HeatMapFigure, LineFigure } from "../figures/figure.ts";
import { sampleKey, sampleRow } from "./rows.ts";

/** Rows as a sweep over n would leave them, from a seed. */
export function scalingRows(): Row[] {
	const random = seededRandom(1, "scaling");
	const curves = [
		{ algorithm: "streaming", time: (n: number) => 4e-5 * n ** 2, until: 2 ** 13 },
		{ algorithm: "dense", time: (n: number) => 6e-5 * n ** 2, until: 2 ** 11 },
		{ algorithm: "polynomial/paper", time: (n: number) => 0.03 * n, until: 2 ** 16 },
		{ algorithm: "polynomial/moment", time: (n: number) => 0.011 * n, until: 2 ** 16 },
		{ algorithm: "polynomial/reverse", time: (n: number) => 0.009 * n, until: 2 ** 16 },
	];
	return curves.flatMap(({ algorithm, time, until }, c) =>
		Array.from({ length: 9 }, (_, i) => 2 ** (8 + i)).map((n, i): Row => {
			const point = { key: sampleKey(100 * c + i), algorithm, n };
			if (n > until)
				return rowWithout(
					sampleRow({ ...point, status: "skipped", reason: "over the time limit" }),
					"time_ms",
					"samples",
				);
			const time_ms = time(n) * Math.exp(0.05 * random.normal());
			return sampleRow({ ...point, time_ms, time_mad_ms: time_ms * random.uniform(0.02, 0.15) });
		}),
	);
}

/** Rows as a sweep over the degree would leave them, from a seed. */
export function degreeRows(): Row[] {
	const random = seededRandom(1, "degree");
	return [0.5, 1, 1.5, 2].flatMap((B, b) =>
		Array.from({ length: 14 }, (_, i): Row => {
			const degree = i + 1;
			const R = B ** 2;
			const series = Array.from({ length: degree + 1 }, (_, k) => R / (k + 1)).reduce((a, factor) => a * factor, 10);
			const floor = 1e-13 * Math.exp(2 * R);
			return sampleRow({
				key: sampleKey(100 * b + i),
				algorithm: "polynomial/moment",
				n: 512,
				B,
				degree,
				radius: 0.9 * R,
				error_max: Math.max(series * 1e-2 * random.uniform(0.5, 2), floor * 1e-3 * random.uniform(0.5, 2)),
				error_bound: 40 * series + floor,
				bound_kind: "a-priori",
				extra: { floor },
			});
		}),
	);
}

/** Rows as a sweep over methods and budgets would leave them, from a seed. */
export function paretoRows(): Row[] {
	const random = seededRandom(1, "pareto");
	const methods = [
		{
			algorithm: "polynomial/moment",
			budgets: [2, 4, 6, 8, 10],
			error: (k: number) => 10 ** (-1 - k),
			time: (k: number) => k ** 3,
		},
		{
			algorithm: "nystrom",
			budgets: [16, 32, 64, 128],
			error: (k: number) => 10 ** (1 - k / 16),
			time: (k: number) => k ** 2 / 9,
		},
		{
			algorithm: "random-features",
			budgets: [16, 64, 256, 1024],
			error: (k: number) => 1 / Math.sqrt(k),
			time: (k: number) => k / 2,
		},
		{ algorithm: "streaming", budgets: [1], error: () => 1e-15, time: () => 900 },
	];
	return [0.5, 1].flatMap((B, b) =>
		methods.flatMap(({ algorithm, budgets, error, time }, m) =>
			budgets.map((rank, i): Row => {
				const row = sampleRow({ key: sampleKey(1000 * b + 100 * m + i), algorithm, n: 4096, B, rank });
				if (algorithm === "nystrom" && rank === 128)
					return rowWithout({ ...row, status: "timeout", reason: "over 5 s" }, "time_ms");
				return { ...row, time_ms: time(rank) * Math.exp(0.05 * random.normal()), error_max: error(rank) * B ** 2 };
			}),
		),
	);
}

/** Rows as a sweep over n and B would leave them. */
export function phaseRows(): Row[] {
	return [2, 8].flatMap((d, i) =>
		[8, 10, 12, 14, 16].flatMap((exponent, j) =>
			[0.5, 1, 2, 3].map((B, k): Row => {
				const n = 2 ** exponent;
				const row = sampleRow({ key: sampleKey(1000 * i + 100 * j + k), n, d, B });
				if (B === 3 && exponent > 12) return { ...row, status: "skipped", reason: "no degree proves epsilon" };
				return { ...row, extra: { speedup: n / 400 / B ** d } };
			}),
		),
	);
}

export const scalingFigure: LineFigure = {
	name: "time-vs-n",
	title: ({ curves }) => `Time of one gradient: ${curves.length} curves of five algorithms`,
	x: { title: "sequence length n (tokens)", scale: "powers-of-two" },
	y: { title: "time of one gradient (ms)", scale: "log" },
	series: [
		{ kind: "measured", x: ({ n }) => n, y: ({ time_ms }) => time_ms, spread: ({ time_mad_ms }) => time_mad_ms },
	],
	guides: [
		{ exponent: 1, label: "~ n" },
		{ exponent: 2, label: "~ n²" },
	],
	fitted: true,
};

export const degreeFigure: LineFigure = {
	name: "error-vs-degree",
	title: () => "The certificate is never below the error",
	x: { title: "degree of the polynomial", scale: "linear" },
	y: { title: "error, max |g̃ − g|", scale: "log" },
	series: [
		{ name: "measured error", kind: "measured", x: ({ degree }) => degree, y: ({ error_max }) => error_max },
		{ name: "certified a priori", kind: "predicted", x: ({ degree }) => degree, y: ({ error_bound }) => error_bound },
		{
			name: "rounding floor of the bound",
			kind: "floor",
			x: ({ degree }) => degree,
			y: ({ extra }) => Number(extra?.["floor"]),
		},
	],
	panels: { value: ({ B }) => B, heading: ([row]) => `B = ${row.B}` },
};

export const paretoFigure: LineFigure = {
	name: "error-vs-time",
	title: () => "Error against time: the polynomial wins at high accuracy",
	x: { title: "time of one gradient (ms)", scale: "log" },
	y: { title: "error, max |g̃ − g|", scale: "log" },
	series: [
		{
			kind: "measured",
			x: ({ time_ms }) => time_ms,
			y: ({ error_max }) => error_max,
			along: ({ rank }) => rank,
			label: ({ rank, algorithm }) => (algorithm === "streaming" ? undefined : `${rank}`),
		},
	],
	rules: [
		{ axis: "y", at: () => 1e-6, label: "ε = 10⁻⁶" },
		{
			axis: "x",
			at: (rows) => rows.find(({ algorithm }) => algorithm === "streaming")?.time_ms,
			label: "exact",
		},
	],
	panels: { value: ({ B }) => B, heading: ([row]) => `B = ${row.B}` },
	caveat:
		"Numbers at the points are degree or rank. A caption may be as long as it has to be: it is broken into lines that are " +
		"as wide as the figure, so that the reader of a figure that is shown without its page still knows what it does not show.",
};

/** Rows as a sweep over variants of one algorithm would leave them. */
export function ablationRows(): Row[] {
	const variants = ["polynomial/moment", "polynomial/paper", "polynomial/moment:basis=taylor", "polynomial/reverse"];
	return [1, 2].flatMap((B, b) =>
		variants.map((algorithm, v): Row => {
			const row = sampleRow({ key: sampleKey(100 * b + v), algorithm, B, rank: 330 * B ** 3 * (v === 2 ? 1.6 : 1) });
			if (B === 2 && v === 3) return rowWithout({ ...row, status: "skipped", reason: "too slow" }, "time_ms", "rank");
			return { ...row, time_ms: row.rank! * (v === 1 ? 0.4 : 0.1) };
		}),
	);
}

export const ablationFigure: DotFigure = {
	form: "dots",
	name: "ablation",
	title: () => "What each choice is worth",
	category: ({ algorithm }) => algorithm,
	group: ({ B }) => `B = ${B}`,
	quantities: [
		{ axis: { title: "rank K", scale: "log" }, value: ({ rank }) => rank },
		{ axis: { title: "time of one gradient (ms)", scale: "log" }, value: ({ time_ms }) => time_ms },
	],
};

export const phaseFigure: HeatMapFigure = {
	form: "heat-map",
	name: "phase",
	title: () => "The polynomial pays below a curve in the (n, B) plane",
	x: { title: "sequence length n (tokens)", scale: "powers-of-two" },
	y: { title: "entry bound B", scale: "linear" },
	cells: ({ n, B, extra }) =>
		B === undefined
			? []
			: [{ x: n, y: B, value: typeof extra?.["speedup"] === "number" ? extra["speedup"] : undefined }],
	colour: { title: "time of exact / time of polynomial", kind: "diverging", scale: "log" },
	text: (value) => String(Number(value.toPrecision(2))),
	overlays: [{ label: "B = √ln n", y: (n) => Math.sqrt(Math.log(n)) }],
	panels: { value: ({ d }) => d, heading: ([row]) => `d = ${row.d}` },
};

function rowWithout<Name extends keyof Row>(row: Row, ...names: Name[]): Row {
	return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name as Name))) as unknown as Row;
}
