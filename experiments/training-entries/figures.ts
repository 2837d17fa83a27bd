import { type Axis, type Figure, numberText, type Row } from "@attgrad/harness";
import type { HeadFacts } from "./probe.ts";

interface Look {
	readonly step: number;
	readonly heads: readonly HeadFacts[];
}

const looksOf = (row: Row): readonly Look[] => (row.extra?.["looks"] as readonly Look[] | undefined) ?? [];

function extra(row: Row, name: string): number | undefined {
	const value = row.extra?.[name];
	return typeof value === "number" ? value : undefined;
}

const isFree = (row: Row): boolean => row.distribution.endsWith("free");

const threshold = (row: Row): number => Math.sqrt(Math.log(row.n));

/** How entries are bounded: `free`, `QK-norm`, `soft cap`. */
const ways: Readonly<Record<string, string>> = { free: "free entries", norm: "QK-norm", cap: "soft cap" };
const wayOf = (row: Row): string => ways[/\w+$/.exec(row.distribution)?.[0] ?? ""] ?? row.distribution;

const regime = (rows: readonly Row[]): string => {
	const [row] = rows;
	if (!row) return "";
	return `recall of ${extra(row, "pairs")} pairs in n = ${row.n} tokens, 1 layer, 4 heads of width 4 · passes timed on ${numberText(extra(row, "timed") ?? 0)} tokens, 1 thread, kernel ${row.kernel}`;
};

/** Quantities of the figure of free training, in the order of its panels. */
const quantities: readonly {
	readonly name: string;
	readonly heading: string;
	readonly axis: string;
	value(facts: HeadFacts, row: Row): number | undefined;
}[] = [
	{ name: "B", heading: "Entries", axis: "B / √ln n", value: ({ B }, row) => B / threshold(row) },
	{ name: "radius", heading: "Scores", axis: "score radius R", value: ({ radius }) => radius },
	{ name: "degree", heading: "Degree", axis: "certified degree", value: ({ degree }) => degree },
	{ name: "rank", heading: "Rank", axis: "certified rank K", value: ({ rank }) => rank },
	{ name: "certified", heading: "Certified pass", axis: "time (ms)", value: ({ certified }) => certified },
	{ name: "exact", heading: "Exact pass", axis: "time (ms)", value: ({ exact }) => exact },
];

const quantityOf = (row: Row) => quantities.find(({ name }) => name === row.extra?.["quantity"]);

/** A row for each head, look and quantity. */
function unfolded(row: Row): Row[] {
	if (row.status !== "done") return [row];
	return looksOf(row).flatMap(({ step, heads }) =>
		heads.flatMap((facts, head) =>
			quantities.map(({ name, value }): Row => {
				const number = value(facts, row);
				const point = { ...row.extra, quantity: name, step, head: head + 1 };
				return { ...row, extra: number === undefined ? point : { ...point, value: number } };
			}),
		),
	);
}

/** The growth of quantities along training where nothing holds them. */
const growth: Figure = {
	name: "along-training",
	only: isFree,
	title({ rows }) {
		const ratios = rows.filter((row) => row.extra?.["quantity"] === "B");
		const at = (steps: readonly number[]) => (pick: (...x: number[]) => number) =>
			pick(...ratios.flatMap((row) => (steps.includes(extra(row, "step") ?? -1) ? (extra(row, "value") ?? []) : [])));
		const steps = ratios.flatMap((row) => extra(row, "step") ?? []);
		if (steps.length === 0) return "Entries, scores and cost of each head along training";
		const [first, last] = [at([Math.min(...steps)]), at([Math.max(...steps)])];
		const [before, low, high] = [first(Math.max), last(Math.min), last(Math.max)].map((x) => x.toFixed(1));
		const looks = rows.filter((row) => row.extra?.["quantity"] === "degree");
		const certified = looks.filter((row) => extra(row, "value") !== undefined).length;
		return `B / √ln n of free entries grows from at most ${before} to between ${low} and ${high}; ${certified} of ${looks.length} looks at a head find a certificate`;
	},
	unfold: unfolded,
	regime,
	panels: {
		value(row) {
			const quantity = quantityOf(row);
			return quantity && quantities.indexOf(quantity);
		},
		heading: ([row]) => (row && quantityOf(row)?.heading) ?? "",
	},
	panelY: ([row]) => ({
		title: (row && quantityOf(row)?.axis) ?? "",
		scale: row?.extra?.["quantity"] === "degree" ? "linear" : "log",
	}),
	x: { title: "step", scale: "linear" },
	y: { title: "value", scale: "log" },
	series: [
		{
			name: (row) => `head ${row.extra?.["head"]}`,
			kind: "measured",
			x: (row) => extra(row, "step"),
			y: (row) => extra(row, "value"),
		},
	],
	rules: [{ axis: "y", at: (rows) => (rows[0]?.extra?.["quantity"] === "B" ? 1 : undefined), label: "√ln n" }],
	caveat:
		"Median and range of three seeds. Scores are <q, k>/d with |entries| ≤ B. Certified: no entry of dQ, dK and dV off by more than a hundredth " +
		"of the largest; where no degree up to 11 does, a point is missing.",
};

/** The look after the last step, over all heads. */
function finalOf(row: Row): { B: number; certified?: number; exact: number } | undefined {
	const last = looksOf(row).at(-1);
	if (!last) return undefined;
	const sum = (values: readonly (number | undefined)[]): number | undefined =>
		values.every((x) => x !== undefined) ? values.reduce((total, x) => total + x, 0) : undefined;
	const certified = sum(last.heads.map((head) => head.certified));
	return {
		B: Math.max(...last.heads.map((head) => head.B)) / threshold(row),
		exact: sum(last.heads.map((head) => head.exact)) ?? Number.NaN,
		...(certified !== undefined && { certified }),
	};
}

const x: Axis = {
	title: "B / √ln n after training (largest head)",
	scale: "log",
};

/** Accuracy of a setting of the bound: the median over seeds, and its B. */
function settings(rows: readonly Row[]): { B: number; accuracy: number; row: Row }[] {
	const groups = Map.groupBy(rows, ({ distribution, B }) => `${distribution} ${B}`);
	return [...groups.values()].flatMap((members) => {
		const all = members.flatMap((row) => {
			const [final, accuracy] = [finalOf(row), extra(row, "accuracy")];
			return final && accuracy !== undefined ? [{ B: final.B, accuracy, row }] : [];
		});
		const sorted = all.toSorted((a, b) => a.accuracy - b.accuracy);
		return sorted.length > 0 ? [sorted[Math.floor(sorted.length / 2)]] : [];
	});
}

/** Accuracy against the size of entries. */
const accuracyAgainstB: Figure = {
	name: "accuracy-vs-B",
	title({ rows }) {
		const found = settings(rows.filter(({ status }) => status === "done"));
		const below = found.filter(({ B }) => B <= 1).map(({ accuracy }) => accuracy);
		const above = found.filter(({ B }) => B > 1).map(({ accuracy }) => accuracy);
		const percent = (values: readonly number[]) =>
			values.length > 0 ? `${Math.round(100 * Math.max(...values))} %` : "nothing";
		return `Recall gets ${percent(below)} right at most with B below √ln n, and ${percent(above)} above it`;
	},
	regime,
	x,
	y: { title: "part of the targets that is right", scale: "linear" },
	series: [
		{
			name: wayOf,
			kind: "measured",
			x: (row) => finalOf(row)?.B,
			y: (row) => extra(row, "accuracy"),
			along: (row) => row.B,
		},
	],
	rules: [{ axis: "x", at: () => 1, label: "√ln n" }],
	caveat:
		"Median and range of three seeds. A point is a gain g of 0.5 to 16: norms of queries and keys are √g (QK-norm) or below it (soft cap), so that no " +
		"score passes g. Fresh sequences of the training's length.",
};

/** Time of the backward pass against the size of entries. */
const timeAgainstB: Figure = {
	name: "time-vs-B",
	title({ rows }) {
		const done = rows.flatMap((row) => (row.status === "done" ? (finalOf(row) ?? []) : []));
		const proved = done.filter(({ certified }) => certified !== undefined);
		if (proved.length === 0) return "No degree up to 11 certifies a trained head";
		const ratios = proved.map(({ certified = 0, exact }) => certified / exact);
		const missing = done.length - proved.length;
		const range = `${digits(Math.min(...ratios))} to ${digits(Math.max(...ratios))} times as long as an exact one`;
		return `A certified pass takes ${range}${missing > 0 ? `; ${missing} of ${done.length} trained networks have no certificate` : ""}`;
	},
	regime,
	x,
	y: { title: "time of dQ, dK and dV of all heads (ms)", scale: "log" },
	series: (["certified", "exact"] as const).map((pass) => ({
		name: (row: Row) => `${pass}, ${wayOf(row)}`,
		kind: "measured" as const,
		x: (row: Row) => finalOf(row)?.B,
		y: (row: Row) => finalOf(row)?.[pass],
		along: (row: Row) => row.B,
	})),
	rules: [{ axis: "x", at: () => 1, label: "√ln n" }],
	caveat:
		"Median and range of three seeds. Certified: no entry off by more than a hundredth of the largest, by the least degree up to 11; a point is missing " +
		"where some head has none.",
};

const digits = (value: number): string => numberText(Number(value.toPrecision(2)));

/** The figures. */
export const figures: readonly Figure[] = [growth, accuracyAgainstB, timeAgainstB];
