import { type Figure, numberText, type Row, type Series } from "@attgrad/harness";

function extra(row: Row, name: string): number | undefined {
	const value = row.extra?.[name];
	return typeof value === "number" ? value : undefined;
}

const degrees = [2, 4];

/** A quantity of the approximations of each degree. */
const byDegree = (what: string, y: Series["y"], kind: Series["kind"] = "measured"): Series[] =>
	degrees.map((degree) => ({
		name: `${what}, degree ${degree}`,
		kind,
		x: ({ n }) => n,
		y: (row, rows) => (row.degree === degree ? y(row, rows) : undefined),
	}));

const percents = (values: readonly number[]) =>
	`${(100 * Math.min(...values)).toPrecision(2)} to ${(100 * Math.max(...values)).toPrecision(2)} %`;

const ofDegree2 = (rows: readonly Row[], name: string) =>
	rows.flatMap((row) => (row.degree === 2 ? (extra(row, name) ?? []) : []));

/** Relative errors against n. */
const error: Figure = {
	name: "error-vs-n",
	title: ({ rows }) => {
		const [forward, gradient] = [ofDegree2(rows, "forwardError"), ofDegree2(rows, "gradientError")];
		return forward.length > 0
			? `Taylor degree 2: the output is off by ${percents(forward)}, the gradient by ${percents(gradient)}`
			: "Errors of output and gradient";
	},
	x: { title: "tokens n = 10 · 2ᵈ", scale: "log" },
	y: { title: "relative error, ‖approximate − exact‖ / ‖exact‖ (Frobenius)", scale: "log" },
	series: [
		...byDegree("output", (row) => extra(row, "forwardError")),
		...byDegree("gradient", (row) => extra(row, "gradientError")),
	],
	caveat:
		"Queries, keys and values N(0, 1), scores q·k/d, d = log₂(n/10). Nothing of use is certified here: normal entries have " +
		"no small bound, and at the radius that they reach a polynomial of degree 2 or 4 has a bound far above the gradient itself.",
};

/** The exact row of the same n. */
const exactOf = (row: Row, rows: readonly Row[]) =>
	rows.find(({ n, degree, status }) => n === row.n && degree === undefined && status === "done");

const ratio = (time: (row: Row) => number | undefined): Series["y"] => {
	return (row, rows) => {
		const exact = exactOf(row, rows);
		const [own, slow] = [time(row), exact && time(exact)];
		return own === undefined || slow === undefined ? undefined : slow / own;
	};
};

/** How many times faster than the exact one. */
const speed: Figure = {
	name: "speed-up-vs-n",
	title: ({ rows }) => {
		const largest = rows.filter((row) => row.degree === 2).sort((a, b) => b.n - a.n)[0];
		const lead = largest && ratio(({ time_ms }) => time_ms)(largest, rows);
		return lead
			? `At n = ${numberText(largest.n)} a gradient of degree 2 is ${numberText(Number(lead.toPrecision(2)))} times as fast as the exact one; nothing of use is proved of its error`
			: "Speed-up of output and gradient";
	},
	x: { title: "tokens n = 10 · 2ᵈ", scale: "log" },
	y: { title: "speed-up: time of exact / time of approximate", scale: "log" },
	rules: [{ axis: "y", at: () => 1, label: "as fast as exact" }],
	series: [
		...byDegree(
			"output",
			ratio((row) => extra(row, "forwardMs")),
		),
		...byDegree(
			"gradient",
			ratio(({ time_ms }) => time_ms),
		),
	],
	caveat:
		"Queries, keys and values N(0, 1), d = log₂(n/10). Times of one thread on a processor, exact ones by fused kernels; those of the " +
		"polynomial hold the work of its certificate.",
};

export const figures: readonly Figure[] = [error, speed];
