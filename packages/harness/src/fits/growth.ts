import { countSizes, type SizedValue } from "./power-law.ts";

/** The forms that a curve is held against; each but the first stands for a + b·g(n) with a constant a ≥ 0. */
export const growthForms = ["1", "n", "n log n", "n^a", "n²", "n² log n"] as const;

/** One of them. */
export type GrowthForm = (typeof growthForms)[number];

/** How well a form does. */
export interface GrowthCandidate {
	readonly form: GrowthForm;
	/** Akaike's criterion for small samples (AICc), less that of the best form: 0 for the best. */
	readonly excess: number;
	/** a of a + b·g(n), in the unit of the values. */
	readonly constant: number;
	/** b; 0 for the form `1`. */
	readonly coefficient: number;
	/** The exponent, of `n^a` alone. */
	readonly exponent?: number;
}

/** Which form a curve has. */
export interface Growth {
	/** `undecided` where the sizes do not tell. */
	readonly verdict: GrowthForm | "undecided";
	/** Why it is undecided. */
	readonly reason?: string;
	/** Every form, the best first; none where there are too few sizes. */
	readonly candidates: readonly GrowthCandidate[];
}

/** Fewer sizes, or a smaller span, tell no form from another. */
const leastGrowthSizes = 8;
const leastDecades = 1.5;

/** A form is out where it is less than e^(−6/2), a twentieth, as likely as the best. */
const decisive = 6;

/** Forms that hold another as a case of their own: where the smaller is the best, they are no other answer. */
const contains: Readonly<Record<GrowthForm, readonly GrowthForm[]>> = {
	"1": [],
	n: ["1"],
	"n log n": ["1"],
	"n^a": ["1", "n", "n²"],
	"n²": ["1"],
	"n² log n": ["1"],
};

const shapes: Readonly<Record<Exclude<GrowthForm, "1" | "n^a">, (n: number) => number>> = {
	n: (n) => n,
	"n log n": (n) => n * Math.log(n),
	"n²": (n) => n * n,
	"n² log n": (n) => n * n * Math.log(n),
};

/**
 * Chooses the form of a curve: each is fitted by least squares on logarithms, which takes every size as seriously as any
 * other, and AICc (Hurvich & Tsai 1989) weighs fit against the number of parameters. The best form is the answer only
 * where every other one that does not hold it as a case is out, by AICc and by the likelihood alone: that a form has a
 * parameter more is no evidence against it.
 * @param points values > 0
 * @returns `undecided` where another form is not out, or where there are fewer than 8 sizes or they span less than 1.5 decades
 */
export function chooseGrowth(points: readonly SizedValue[]): Growth {
	const sizes = countSizes(points);
	const decades = sizes === 0 ? 0 : Math.log10(Math.max(...points.map(sizeOf)) / Math.min(...points.map(sizeOf)));
	if (sizes < leastGrowthSizes || decades < leastDecades - 1e-9)
		return {
			verdict: "undecided",
			reason: `${sizes} sizes over ${decades.toFixed(1)} decades; it takes ${leastGrowthSizes} over ${leastDecades}`,
			candidates: [],
		};
	const fits = growthForms.map((form) => ({ form, ...fitForm(form, points) }));
	const [best, ...others] = fits.toSorted((a, b) => a.criterion - b.criterion) as [(typeof fits)[0], ...typeof fits];
	const candidates = [best, ...others].map(
		({ misfit: _, criterion, ...fit }): GrowthCandidate => ({ ...fit, excess: criterion - best.criterion }),
	);
	const rival = others.find(
		({ form, misfit, criterion }) =>
			Math.min(misfit - best.misfit, criterion - best.criterion) < decisive && !contains[form].includes(best.form),
	);
	if (!rival) return { verdict: best.form, candidates };
	return { verdict: "undecided", reason: `${best.form} and ${rival.form} fit alike`, candidates };
}

const sizeOf = ({ n }: SizedValue) => n;

interface Fit {
	readonly constant: number;
	readonly coefficient: number;
	readonly exponent?: number;
	/** −2 log likelihood, but for a constant. */
	readonly misfit: number;
	/** AICc, but for the same constant. */
	readonly criterion: number;
}

function fitForm(form: GrowthForm, points: readonly SizedValue[]): Fit {
	const n = points.map((point) => point.n);
	const y = points.map(({ value }) => Math.log(value));
	if (form === "1") {
		const { level, squares } = residual(y, () => 0);
		return { constant: Math.exp(level), coefficient: 0, ...criterionOf(squares, y.length, 1) };
	}
	if (form !== "n^a") {
		const { constant, coefficient, squares } = fitConstant(n.map(shapes[form]), y);
		return { constant, coefficient, ...criterionOf(squares, y.length, 2) };
	}
	const atExponent = (a: number) =>
		fitConstant(
			n.map((size) => size ** a),
			y,
		);
	const exponent = leastArgument((a) => atExponent(a).squares, 0.05, 4, 14, 1e-4);
	const { constant, coefficient, squares } = atExponent(exponent);
	return { constant, coefficient, exponent, ...criterionOf(squares, y.length, 3) };
}

/** AICc of a least-squares fit; the scatter itself is a parameter more. */
function criterionOf(squares: number, count: number, fitted: number): Pick<Fit, "misfit" | "criterion"> {
	const parameters = fitted + 1;
	// Below the precision of the search a better fit means nothing.
	const misfit = count * Math.log(Math.max(squares / count, 1e-12));
	const penalty = 2 * parameters + (2 * parameters * (parameters + 1)) / (count - parameters - 1);
	return { misfit, criterion: misfit + penalty };
}

/** a + b·g by least squares on logarithms, with a ≥ 0, b > 0: for each ratio a/b the best b is a mean. */
function fitConstant(g: readonly number[], y: readonly number[]) {
	const largest = Math.max(...g);
	const at = (ratio: number) => residual(y, (i) => Math.log(g[i] + ratio));
	// The ratio in units of the largest g, by its logarithm; below e^−20 there is no constant.
	const exponent = leastArgument((u) => at(largest * Math.exp(u)).squares, -20, 4, 20, 1e-3);
	const [none, some] = [at(0), at(largest * Math.exp(exponent))];
	const ratio = none.squares <= some.squares ? 0 : largest * Math.exp(exponent);
	const { level, squares } = ratio === 0 ? none : some;
	const coefficient = Math.exp(level);
	return { constant: coefficient * ratio, coefficient, squares };
}

/** The mean of y less a shape, and the squares that remain. */
function residual(y: readonly number[], shape: (i: number) => number): { level: number; squares: number } {
	const rest = new Float64Array(y.length);
	let level = 0;
	for (let i = 0; i < y.length; i++) level += rest[i] = y[i] - shape(i);
	level /= y.length;
	let squares = 0;
	for (const value of rest) squares += (value - level) ** 2;
	return { level, squares };
}

/** Where a function is least in an interval: the best of `cells` + 1 points, then golden sections beside it. */
function leastArgument(f: (x: number) => number, from: number, to: number, cells: number, precision: number): number {
	const step = (to - from) / cells;
	let best = from;
	let least = Number.POSITIVE_INFINITY;
	for (let i = 0; i <= cells; i++) {
		const value = f(from + i * step);
		if (value < least) [best, least] = [from + i * step, value];
	}
	const golden = (Math.sqrt(5) - 1) / 2;
	let [low, high] = [Math.max(from, best - step), Math.min(to, best + step)];
	let [x1, x2] = [high - golden * (high - low), low + golden * (high - low)];
	let [f1, f2] = [f(x1), f(x2)];
	while (high - low > precision) {
		if (f1 < f2) {
			[high, x2, f2] = [x2, x1, f1];
			x1 = high - golden * (high - low);
			f1 = f(x1);
		} else {
			[low, x1, f1] = [x1, x2, f2];
			x2 = low + golden * (high - low);
			f2 = f(x2);
		}
	}
	return (low + high) / 2;
}
