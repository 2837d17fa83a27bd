import { type Figure, numberText, type Row } from "@attgrad/harness";

/** A row for each step that a row holds the course of: what the figures read is in `extra`, one number a name. */
function stepsOf(row: Row): Row[] {
	const noted = row.extra as Readonly<Record<string, number[]>> | undefined;
	if (row.status !== "done" || !noted?.["loss"]) return [row];
	let elapsed = 0;
	return noted["loss"].map((loss, step) => {
		elapsed += noted["milliseconds"][step];
		const at = (name: string) => noted[name]?.[step];
		const point = { step, loss, elapsed: elapsed / 1000, milliseconds: at("milliseconds"), B: at("B") };
		return { ...row, extra: { ...point, degree: at("degree"), rank: at("rank"), radius: at("radius") } };
	});
}

function extra(row: Row, name: string): number | undefined {
	const value = row.extra?.[name];
	return typeof value === "number" ? value : undefined;
}

const step = (row: Row) => extra(row, "step");

/** `exact gradients`, `ε = 0.01 n`. */
function gradients(row: Row): string {
	if (row.epsilon === undefined) return "exact gradients";
	const tolerance = Number((row.epsilon / row.n).toPrecision(2));
	return `ε = ${numberText(tolerance)} n`;
}

const panels = {
	value: (row: Row) => `${row.n.toString().padStart(9)} ${row.B}`,
	heading: ([row]: readonly Row[]) => `n = ${numberText(row.n)}, teacher with B = ${row.B}`,
};

/** Loss against the step: each curve has its points at other steps, since the curves lie on each other. */
const lossAgainstStep: Figure = {
	name: "loss-vs-step",
	title: ({ rows }) => {
		const apart = Math.max(...rows.map((row) => departure(row, rows) ?? 0));
		return `Training with certified gradients: losses differ from those of exact gradients by at most ${percent(apart)}`;
	},
	unfold: stepsOf,
	panels,
	x: { title: "step", scale: "linear" },
	y: { title: "loss per token", scale: "log" },
	series: [
		{ name: gradients, kind: "measured", x: step, y: (row) => (isMarked(row) ? extra(row, "loss") : undefined) },
	],
	caveat:
		"d = 4, scores /d, momentum 0.5, one seed. ε is the certified largest error of an entry of dL/dX. " +
		"The curves lie on each other: each has its points at other steps. Exact gradients stop early where they take too long.",
};

/** Every third step, another third for each curve; all of a short course. */
function isMarked(row: Row): boolean {
	const third = row.epsilon === undefined ? 0 : row.epsilon / row.n > 1e-3 ? 1 : 2;
	return (step(row) ?? 0) % 3 === third || step(row) === 0;
}

/** |loss − exact loss| over the exact loss at the same step. */
function departure(row: Row, rows: readonly Row[]): number | undefined {
	if (row.epsilon === undefined) return undefined;
	const exact = rows.find(
		(other) => other.epsilon === undefined && other.n === row.n && other.B === row.B && step(other) === step(row),
	);
	const [loss, reference] = [extra(row, "loss"), exact && extra(exact, "loss")];
	return loss === undefined || reference === undefined ? undefined : Math.abs(loss - reference) / reference;
}

const percent = (part: number) => `${twoDigits(100 * part)} %`;

const twoDigits = (value: number) => numberText(Number(value.toPrecision(2)));

/** How far the losses part. */
const departures: Figure = {
	name: "departure",
	title: ({ rows }) => {
		const certified = Map.groupBy(
			rows.filter(({ epsilon }) => epsilon !== undefined),
			gradients,
		);
		const parts = [...certified].flatMap(([name, members]) => {
			const apart = members.flatMap((row) => departure(row, rows) ?? []);
			return apart.length > 0 ? [`${percent(Math.max(...apart))} at ${name}`] : [];
		});
		return parts.length > 0
			? `Losses depart from those of exact gradients by at most ${parts.join(", ")}`
			: "How far training with certified gradients departs from training with exact ones";
	},
	unfold: stepsOf,
	panels,
	x: { title: "step", scale: "linear" },
	y: { title: "|loss − exact loss| / exact loss", scale: "log" },
	series: [{ name: gradients, kind: "measured", x: step, y: departure }],
	caveat:
		"Certificates are worst cases: gradients are far better than the ε that is proved of them. " +
		"Curves end where exact gradients, which they are compared with, take too long.",
};

/** Median time of an exact step over that of the slowest certified one, at the largest n and least B. */
function leadAt(rows: readonly Row[]): { n: number; B: number; lead: number } | undefined {
	const n = Math.max(...rows.map((row) => row.n));
	const B = Math.min(...rows.flatMap((row) => (row.n === n && row.B !== undefined ? [row.B] : [])));
	const here = rows.filter((row) => row.n === n && row.B === B && row.status === "done");
	const times = (isExact: boolean) =>
		here.flatMap((row) => ((row.epsilon === undefined) === isExact && row.time_ms ? [row.time_ms] : []));
	const lead = Math.max(...times(true)) / Math.max(...times(false));
	return Number.isFinite(lead) && lead > 0 ? { n, B, lead } : undefined;
}

/** Loss against the time that its gradients took. */
const lossAgainstTime: Figure = {
	name: "loss-vs-time",
	title: ({ rows }) => {
		const ratio = leadAt(rows);
		if (!ratio) return "Loss against the time of the gradients";
		const { n, B, lead } = ratio;
		return lead >= 1
			? `At n = ${numberText(n)}, teacher B = ${B}, an exact step takes ${twoDigits(lead)} times as long as a certified one`
			: `At n = ${numberText(n)}, teacher B = ${B}, a certified step takes ${twoDigits(1 / lead)} times as long as an exact one`;
	},
	unfold: stepsOf,
	panels,
	x: { title: "time of the gradients so far (s)", scale: "log" },
	y: { title: "loss per token", scale: "log" },
	series: [{ name: gradients, kind: "measured", x: (row) => extra(row, "elapsed"), y: (row) => extra(row, "loss") }],
	caveat:
		"Where B grows the degree grows with it and the lead shrinks; at small n and large B nothing of it may be left. " +
		"Times are those of dL/dX and dL/dY with their certificates.",
};

/** Quantities of the growth figure, in the order of its panels: heading, axis and name in the course of a row. */
const quantities = [
	{ heading: "Bound of the student's entries", axis: "B = ‖A1 X‖∞", name: "B" },
	{ heading: "Degree that certifies ε", axis: "degree of the polynomial", name: "degree" },
	{ heading: "Rank that it has", axis: "rank K", name: "rank" },
	{ heading: "Time", axis: "time of a step (ms)", name: "milliseconds" },
] as const;

const quantityOf = (row: Row) => quantities.find(({ name }) => name === row.extra?.["quantity"]);

/** What grows along training towards a teacher of large B. */
const growth: Figure = {
	name: "growth",
	title: ({ rows }) => {
		const ranks = rows.flatMap((row) => (row.extra?.["quantity"] === "rank" ? (extra(row, "value") ?? []) : []));
		return ranks.length > 0
			? `As the student's B grows the certified rank grows with it: K from ${numberText(Math.min(...ranks))} to ${numberText(Math.max(...ranks))}`
			: "What grows along training";
	},
	unfold: (row) =>
		stepsOf(row).flatMap((one) =>
			quantities.map(({ name }) => ({ ...one, extra: { step: step(one), quantity: name, value: extra(one, name) } })),
		),
	panels: {
		value: (row) => {
			const quantity = quantityOf(row);
			return quantity && quantities.indexOf(quantity);
		},
		heading: ([row]) => quantityOf(row!)!.heading,
	},
	panelY: ([row]) => ({ title: quantityOf(row!)!.axis, scale: "log" }),
	x: { title: "step", scale: "linear" },
	y: { title: "value", scale: "log" },
	caveat:
		"The teacher's B is 6, the student starts near 0.3. The time of an exact step does not depend on B; that of a certified one " +
		"grows with K. Where the curves of the last panel cross, the polynomial no longer pays.",
	series: [
		{
			name: gradients,
			kind: "measured",
			x: step,
			y: (row) => extra(row, "value"),
		},
	],
};

/** The growth figure for one n, where the student grows. */
const growthAt = (n: number): Figure => ({
	...growth,
	name: `growth-${n}`,
	only: (row) => row.n === n && (row.B ?? 0) > 2,
});

/** The figures; growth at the largest n of each preset that has the teacher with the larger B. */
export const figures: readonly Figure[] = [
	lossAgainstStep,
	departures,
	lossAgainstTime,
	growthAt(4096),
	growthAt(16384),
];
