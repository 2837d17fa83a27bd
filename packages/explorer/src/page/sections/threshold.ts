import { certifiedRank, chebyshevDegree, log2MonomialCount, spectralLimit, spectralRank } from "@attgrad/hardness";
import { shortNumber } from "@attgrad/matrix-core";
import { sequential } from "../charts/colours.ts";
import { drawPicture } from "../charts/heat-map.ts";
import { type Curve, drawChart, legend } from "../charts/line-chart.ts";
import { superscript } from "../charts/scale.ts";
import { slider } from "../controls.ts";
import { byId, say, showLines } from "../elements.ts";

/** A point of the theorem: n = 2^exponent, bound B, relative error n^(-c), width d of the polynomial. */
export interface ThresholdPoint {
	readonly exponent: number;
	readonly B: number;
	readonly c: number;
	readonly d: number;
}

/** Ranks at a point, as log_n. */
export interface Ranks {
	/** B over √ln n. */
	readonly ratio: number;
	/** Numerical rank of the worst case, {-B, B}^d with d = log₂ n: its singular values above δ times the largest. */
	readonly spectral: number;
	/** Lower bound on the rank of every approximation of the worst case; 0, rank 1, where nothing more is known. It may be above the numerical rank. */
	readonly least: number;
	/** K = C(d + g, g) of the polynomial, for scores up to B². */
	readonly polynomial: number;
	readonly degree: number;
}

/** The closed forms at a point. */
export function ranksAt({ exponent, B, c, d }: ThresholdPoint): Ranks {
	const logInverseDelta = c * exponent * Math.LN2;
	const family = { d: exponent, B };
	const degree = degreeFor(B * B, logInverseDelta);
	return {
		ratio: B / Math.sqrt(exponent * Math.LN2),
		spectral: spectralRank(family, logInverseDelta) / exponent,
		least: Math.max(0, certifiedRank(family, logInverseDelta) / exponent),
		polynomial: log2MonomialCount(d, degree) / exponent,
		degree,
	};
}

/** The Chebyshev degree for a relative error that may be below the smallest double, which then takes its place. */
const degreeFor = (radius: number, logInverseDelta: number): number =>
	chebyshevDegree(radius, Math.min(0.5, Math.exp(-Math.min(700, logInverseDelta))));

/** Which regime a point lies in, in words. */
export function regimeOf({ ratio, spectral, least }: Ranks): { readonly word: string; readonly sentence: string } {
	const most = Math.max(spectral, least);
	const rank = `n^${most.toFixed(2)}`;
	const at = `B = ${ratio.toPrecision(2)} √ln n`;
	if (most < 0.5)
		return {
			word: "below",
			sentence: `Below the threshold, ${at}: even the worst case needs a rank of only about ${rank}, less than √n, so a low-rank method pays.`,
		};
	if (most < 0.95)
		return {
			word: "between",
			sentence: `Between the regimes, ${at}: the worst case needs a rank of about ${rank}. It is n^o(1) only as B/√ln n goes to 0, slowly.`,
		};
	return {
		word: "above",
		sentence: `Above the threshold, ${at}: the worst case needs a rank of about ${rank}, so no low-rank method gains over the exact gradient.`,
	};
}

/** Values of B on an axis of B / √ln n. */
const ratios = Array.from({ length: 140 }, (_, i) => 0.02 * 150 ** (i / 139));

const curveNames: readonly Pick<Curve, "name" | "colour" | "form">[] = [
	{ name: "numerical rank: singular values above δ times the largest", colour: 1, form: "line" },
	{ name: "rank that every approximation within δ needs at least", colour: 2, form: "line" },
	{ name: "numerical rank in the limit n → ∞", colour: 3, form: "dashed" },
];

/** Exponents of the phase diagram, and bounds B. */
const phase = { columns: 56, rows: 40, exponents: [4, 1000] as const, bounds: [0.05, 50] as const };

const spread = ([from, to]: readonly [number, number], share: number): number => from * (to / from) ** share;

/** Starts the section. */
export function startThreshold(): void {
	const update = () => show({ exponent: exponent.value, B: B.value, c: c.value, d: d.value });
	const exponent = slider({
		id: "threshold-n",
		key: "t.n",
		initial: 64,
		valueAt: (x) => Math.round(spread(phase.exponents, x / 100)),
		positionOf: (k) => 100 * (Math.log(k / 4) / Math.log(250)),
		text: (k) => `2${superscript(k)}`,
		onChange: () => update(),
	});
	const B = slider({
		id: "threshold-B",
		key: "t.B",
		initial: 1,
		valueAt: (x) => Number(spread(phase.bounds, x / 200).toPrecision(3)),
		positionOf: (value) => 200 * (Math.log(value / 0.05) / Math.log(1000)),
		text: shortNumber,
		onChange: () => update(),
	});
	const c = slider({
		id: "threshold-c",
		key: "t.c",
		initial: 1,
		text: (value) => `n^−${value}`,
		onChange: () => update(),
	});
	const d = slider({ id: "threshold-d", key: "t.d", initial: 8, text: String, onChange: () => update() });
	legend(byId("threshold-legend", HTMLElement), curveNames);
	update();
	new ResizeObserver(() => update()).observe(byId("threshold-chart", HTMLElement));
}

let phaseOf: number | undefined;

function show(point: ThresholdPoint): void {
	const { exponent, c } = point;
	const ranks = ranksAt(point);
	const { sentence, word } = regimeOf(ranks);
	say("threshold-regime", sentence);
	byId("threshold-regime", HTMLElement).dataset["regime"] = word;
	showLines("threshold-numbers", [
		["B / √ln n", shortNumber(ranks.ratio)],
		["numerical rank at δ", `n^${ranks.spectral.toFixed(3)}`],
		["approximations need at least", `n^${ranks.least.toFixed(3)}`],
		["polynomial at width d", `degree ${ranks.degree}, K = n^${ranks.polynomial.toFixed(3)}`],
	]);
	const at = (ratio: number) => ranksAt({ ...point, B: ratio * Math.sqrt(exponent * Math.LN2) });
	const curve = (i: number, value: (ratio: number) => number): Curve => ({
		...(curveNames[i] ?? { name: "", colour: 1, form: "line" }),
		points: ratios.map((ratio) => [ratio, value(ratio)]),
	});
	const all = new Map(ratios.map((ratio) => [ratio, at(ratio)]));
	drawChart(byId("threshold-chart", HTMLElement), {
		description: `log_n of the rank against B over the square root of ln n, at n = 2^${exponent}. ${sentence}`,
		x: {
			title: "B / √ln n",
			scale: { kind: "log", from: 0.02, to: 3 },
			ticks: [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2].map((value) => ({ value, text: String(value) })),
		},
		y: { title: "log_n of the rank", scale: { kind: "linear", from: 0, to: 1.04 } },
		curves: [
			curve(0, (ratio) => all.get(ratio)?.spectral ?? 0),
			curve(1, (ratio) => all.get(ratio)?.least ?? 0),
			curve(2, (ratio) => spectralLimit(ratio * ratio * Math.LN2, c)),
		],
		rules: [{ x: 1, text: "B = √ln n" }],
		point: { x: ranks.ratio, y: ranks.spectral, text: "here" },
	});
	showPhase(point);
}

function showPhase({ exponent, B, c }: ThresholdPoint): void {
	const { columns, rows, exponents, bounds } = phase;
	if (phaseOf !== c) {
		phaseOf = c;
		const shares = Float64Array.from({ length: rows * columns }, (_, at) => {
			const k = Math.round(spread(exponents, ((at % columns) + 0.5) / columns));
			const bound = spread(bounds, 1 - (Math.floor(at / columns) + 0.5) / rows);
			return spectralRank({ d: k, B: bound }, c * k * Math.LN2) / k;
		});
		drawPicture(byId("threshold-phase", HTMLCanvasElement), {
			rows,
			cols: columns,
			shares: (at) => shares[at] ?? 0,
			colours: sequential,
		});
	}
	const overlay = byId("threshold-overlay", HTMLElement);
	const across = (k: number) => 100 * (Math.log(k / exponents[0]) / Math.log(exponents[1] / exponents[0]));
	const up = (bound: number) => 100 - 100 * (Math.log(bound / bounds[0]) / Math.log(bounds[1] / bounds[0]));
	const line = Array.from({ length: 30 }, (_, i) => spread(exponents, i / 29)).map(
		(k, i) => `${i === 0 ? "M" : "L"}${across(k).toFixed(2)} ${up(Math.sqrt(k * Math.LN2)).toFixed(2)}`,
	);
	overlay.innerHTML = `<svg aria-hidden="true" viewBox="0 0 100 100" preserveAspectRatio="none"><path d="${line.join("")}"/></svg><span class="here" style="left:${across(exponent).toFixed(2)}%;top:${Math.min(100, Math.max(0, up(B))).toFixed(2)}%"></span>`;
}
