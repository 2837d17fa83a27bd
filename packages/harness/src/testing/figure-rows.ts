import { seededRandom } from "@attgrad/matrix-core";
import type { LineFigure } from "../figures/figure.ts";
import type { Row } from "../row.ts";
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
	panels: { value: ({ B }) => B, heading: ([row]) => `B = ${row!.B}` },
};

function rowWithout<Name extends keyof Row>(row: Row, ...names: Name[]): Row {
	return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name as Name))) as unknown as Row;
}
