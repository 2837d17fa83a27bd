import { type Figure, numberText, type Row } from "@attgrad/harness";
import { present } from "@attgrad/matrix-core";

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

/** The largest n that has more than one teacher. */
function largestWithTeachers(rows: readonly Row[]): number {
	const teachers = Map.groupBy(rows, ({ n }) => n);
	return Math.max(...[...teachers].flatMap(([n, own]) => (new Set(own.map(({ B }) => B)).size > 1 ? [n] : [])));
}

/** Above the loss, below by how much it departs from that of exact gradients; a column a teacher. */
const lossAgainstStep: Figure = {
	name: "loss-vs-step",
	only: (row, rows) => row.n === largestWithTeachers(rows),
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
			? `Certified gradients train like exact ones: losses depart by at most ${parts.join(", ")}`
			: "Loss of training with certified gradients";
	},
	unfold: (row) =>
		stepsOf(row).flatMap((one) =>
			["loss", "departure"].map((quantity) => ({ ...one, extra: { ...one.extra, quantity } })),
		),
	panels: {
		value: (row) => `${row.extra?.["quantity"] === "loss" ? 0 : 1} ${row.B}`,
		heading: ([row]) =>
			`${row.extra?.["quantity"] === "loss" ? "Loss" : "How far losses are apart"}, teacher with B = ${row.B}`,
	},
	x: { title: "step", scale: "linear" },
	y: { title: "loss", scale: "log" },
	panelY: ([row]) => ({
		title: row.extra?.["quantity"] === "loss" ? "loss per token" : "|loss − exact loss| / exact loss",
		scale: "log",
	}),
	series: [
		{
			name: gradients,
			kind: "measured",
			x: step,
			y: (row, rows) =>
				row.extra?.["quantity"] === "departure"
					? departure(row, rows)
					: row.epsilon === undefined
						? extra(row, "loss")
						: undefined,
		},
	],
	caveat:
		"Scores /d, momentum 0.5, one seed. ε is the certified largest error of an entry of dL/dX: a worst case, gradients are far better. " +
		"Above, the loss with exact gradients; that with certified ones lies on it.",
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
	only: (row, rows) => row.B === Math.min(...rows.flatMap(({ B }) => B ?? [])),
	unfold: stepsOf,
	panels: { value: ({ n }) => n, heading: ([row]) => `n = ${numberText(row.n)}` },
	x: { title: "time of the gradients so far (s)", scale: "log" },
	y: { title: "loss per token", scale: "log" },
	series: [{ name: gradients, kind: "measured", x: (row) => extra(row, "elapsed"), y: (row) => extra(row, "loss") }],
	caveat:
		"The teacher with the smaller B, which is the favourable one: where B grows the degree grows with it and the lead shrinks, as the figure of " +
		"growth shows. Times are those of dL/dX and dL/dY with their certificates.",
};

/** Quantities of the growth figure, in the order of its panels: heading, axis and name in the course of a row. */
const quantities = [
	{ heading: "Bound of the student's entries", axis: "B = ‖A1 X‖∞", name: "B" },
	{ heading: "Degree that certifies ε", axis: "degree of the polynomial", name: "degree" },
	{ heading: "Rank that it has", axis: "rank K", name: "rank" },
	{ heading: "Time", axis: "time of a step (ms)", name: "milliseconds" },
] as const;

const quantityOf = (row: Row) => quantities.find(({ name }) => name === row.extra?.["quantity"]);

const shownQuantity = (row: Row) => present(quantityOf(row), "the quantity of a panel");

/** The growth of quantities along training towards a teacher of large B, at the largest n that has it. */
const growth: Figure = {
	name: "growth",
	only: (row, rows) => row.n === largestWithTeachers(rows) && row.B === Math.max(...rows.flatMap(({ B }) => B ?? [])),
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
		heading: ([row]) => shownQuantity(row).heading,
	},
	panelY: ([row]) => ({ title: shownQuantity(row).axis, scale: "log" }),
	x: { title: "step", scale: "linear" },
	y: { title: "value", scale: "log" },
	caveat:
		"The teacher's B is 6, the student's, which is drawn once, starts near 0.3. The time of an exact step does not depend on B; that of a certified one " +
		"grows with K. Where the curves of the last panel cross, the polynomial no longer pays.",
	series: [
		{
			name: gradients,
			kind: "measured",
			x: step,
			// The student's B is the same with any of these gradients: it is drawn once.
			y: (row) => (row.extra?.["quantity"] === "B" && row.epsilon !== undefined ? undefined : extra(row, "value")),
		},
	],
};

/** The figures of the experiment. */
export const figures: readonly Figure[] = [lossAgainstStep, lossAgainstTime, growth];
