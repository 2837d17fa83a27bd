import { type Figure, numberText, type Row } from "@attgrad/harness";
import { present } from "@attgrad/matrix-core";

/** A row for each step that a row holds the course of. */
function stepsOf(row: Row): Row[] {
	const losses = numbers(row, "loss");
	if (row.status !== "done" || !losses) return [row];
	const times = present(numbers(row, "milliseconds"), `the times of row ${row.key}`);
	// The first step compiles kernels; those that compare with exact gradients run them too.
	const typical = present(row.time_ms, `the time of row ${row.key}`);
	let elapsed = 0;
	return losses.map((loss, step) => {
		const isUsual = step > 0 && (row.relative === undefined || step % 20 !== 19);
		elapsed += isUsual ? times[step] : typical;
		return { ...row, extra: { step, loss, steps: losses.length, elapsed: elapsed / 1000 } };
	});
}

function numbers(row: Row, name: string): readonly number[] | undefined {
	const value = row.extra?.[name];
	return Array.isArray(value) && value.every((x) => typeof x === "number") ? value : undefined;
}

function extra(row: Row, name: string): number | undefined {
	const value = row.extra?.[name];
	return typeof value === "number" ? value : undefined;
}

/** `exact gradients`, `ε = 0.1`. */
const gradients = (row: Row): string =>
	row.relative === undefined ? "exact gradients" : `ε = ${numberText(row.relative)}`;

const panels = {
	value: (row: Row) => row.n,
	heading: ([row]: readonly Row[]) => `n = ${numberText(row.n)}`,
};

const regime = (rows: readonly Row[]): string =>
	`1 layer, 2 heads of width 4, no score beyond ±1 · 1 thread · kernel ${[...new Set(rows.map(({ kernel }) => kernel))].join(", ")}`;

const caveat =
	"Next character of docs/paper.md; band: all seeds. ε: proved error of every output and gradient of attention, against its largest entry.";

/** Largest |loss − exact loss| at the same step over the exact loss. */
function departure(rows: readonly Row[], epsilon: number): number {
	const exact = new Map(
		rows.filter((row) => row.relative === undefined).map((row) => [`${row.n} ${row.seed} ${extra(row, "step")}`, row]),
	);
	let most = 0;
	for (const row of rows) {
		if (row.relative !== epsilon) continue;
		const other = exact.get(`${row.n} ${row.seed} ${extra(row, "step")}`);
		const [loss, reference] = [extra(row, "loss"), other && extra(other, "loss")];
		if (loss !== undefined && reference !== undefined) most = Math.max(most, Math.abs(loss / reference - 1));
	}
	return most;
}

const digits = (value: number): string => numberText(Number(value.toPrecision(2)));

/** Loss against the step. */
const lossAgainstStep: Figure = {
	name: "loss-vs-step",
	title({ rows }) {
		const epsilons = [...new Set(rows.flatMap(({ relative }) => relative ?? []))].sort((a, b) => b - a);
		const parts = epsilons.map(
			(epsilon) => `${digits(100 * departure(rows, epsilon))} % at ε = ${numberText(epsilon)}`,
		);
		return `Losses by certified gradients differ from those by exact ones by at most ${parts.join(", ")}`;
	},
	unfold: stepsOf,
	regime,
	panels,
	x: { title: "step", scale: "linear" },
	y: { title: "cross-entropy (nats a character)", scale: "linear" },
	series: [
		{
			name: gradients,
			kind: "measured",
			x: (row) => extra(row, "step"),
			y: drawnLoss,
		},
	],
	caveat: `${caveat} The curves lie on each other.`,
};

/** Loss at some twenty steps, the same ones for each curve. */
function drawnLoss(row: Row): number | undefined {
	const every = Math.max(1, Math.round((extra(row, "steps") ?? 0) / 20));
	return (extra(row, "step") ?? 0) % every === 0 ? extra(row, "loss") : undefined;
}

/** Median time of an exact step over that of a certified one, for each n and epsilon. */
function leads(rows: readonly Row[]): { n: number; epsilon: number; lead: number }[] {
	const whole = rows.filter(({ status, time_ms }) => status === "done" && time_ms !== undefined);
	const points = new Map(whole.map(({ n, relative }) => [`${n} ${relative}`, { n, epsilon: relative }]));
	return [...points.values()].flatMap(({ n, epsilon }) => {
		if (epsilon === undefined) return [];
		const exact = middle(whole.filter((row) => row.n === n && row.relative === undefined));
		const certified = middle(whole.filter((row) => row.n === n && row.relative === epsilon));
		return exact && certified ? [{ n, epsilon, lead: exact / certified }] : [];
	});
}

/** Where a certified step takes longest against an exact one, if that is anywhere. */
function slowest(found: readonly { n: number; epsilon: number; lead: number }[]): string {
	const last = found.reduce((worst, one) => (one.lead < worst.lead ? one : worst));
	if (last.lead >= 1) return "";
	return `, and takes ${digits(1 / last.lead)} times as long at n = ${numberText(last.n)}, ε = ${numberText(last.epsilon)}`;
}

function middle(rows: readonly Row[]): number | undefined {
	const times = rows.flatMap(({ time_ms }) => time_ms ?? []).sort((a, b) => a - b);
	return times[Math.floor(times.length / 2)];
}

/** Loss against the time of the steps. */
const lossAgainstTime: Figure = {
	name: "loss-vs-time",
	title({ rows }) {
		const found = leads(rows);
		const fastest = found.reduce<(typeof found)[number] | undefined>(
			(best, one) => (best && best.lead >= one.lead ? best : one),
			undefined,
		);
		if (!fastest) return "Loss against the time of the steps";
		const { n, epsilon, lead } = fastest;
		const at = `at n = ${numberText(n)}, ε = ${numberText(epsilon)}`;
		return lead > 1
			? `A certified step is ${digits(lead)} times as fast as an exact one ${at}${slowest(found)}`
			: `No certified step is faster than an exact one; the nearest takes ${digits(1 / lead)} times as long, ${at}`;
	},
	unfold: stepsOf,
	regime,
	panels,
	x: { title: "time of the steps so far (s)", scale: "log" },
	y: { title: "cross-entropy (nats a character)", scale: "linear" },
	series: [
		{
			name: gradients,
			kind: "measured",
			x: (row) => extra(row, "elapsed"),
			y: drawnLoss,
			along: (row) => extra(row, "step"),
		},
	],
	caveat: `${caveat} A step is forward, backward and Adam; the rest of the network is the same for all.`,
};

/** The figures. */
export const figures: readonly Figure[] = [lossAgainstStep, lossAgainstTime];
