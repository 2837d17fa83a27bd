import { defineExperiment, describeProved, type GridBlock, numberText, type Row } from "@attgrad/harness";
import { present } from "@attgrad/matrix-core";
import { leadAtLargest, regimeBlocks, regimeNameOf, regimeOf, regimes } from "./regimes.ts";

const algorithms = ["streaming", "polynomial/moment"];

/** Whether the polynomial proves nothing at the largest n of the panel B = √ln n: the drawn rows have the exact gradient there alone. */
function isUnprovedAtThreshold(rows: readonly Row[]): boolean {
	const largest = (name: string): number =>
		Math.max(
			...rows.filter((row) => row.algorithm === name && regimeNameOf(row)?.endsWith("B = √ln n")).map(({ n }) => n),
		);
	return largest("polynomial/moment") < largest("streaming");
}

/** Points of every regime; d = log₂ n, the last, has its own and smaller sizes. */
const blocks = (sizes: readonly number[], wide: readonly number[]): GridBlock[] =>
	regimes.flatMap((regime, i) => regimeBlocks(regime, i === regimes.length - 1 ? wide : sizes, algorithms));

export default defineExperiment({
	name: "regimes",
	title: "Time with d, B and error moving with n",
	question: "Is the polynomial faster where width, entry bound and error move with n as the theorem has it?",
	module: import.meta.url,
	claims: [
		{
			statement: "Theorem 1.6",
			says: "It stays ahead while d, B and 1/ε grow with n, as long as B = o(√log n).",
			figure: "regimes",
		},
	],
	grid: {
		quick: blocks([2 ** 10, 2 ** 13], [2 ** 7, 2 ** 9]),
		full: blocks([2 ** 8, 2 ** 10, 2 ** 12, 2 ** 14], [2 ** 6, 2 ** 8, 2 ** 10]),
	},
	effort: { quick: { budget: 300, timeLimit: 5_000 }, full: { budget: 700, timeLimit: 60_000 } },
	figures: [
		{
			name: "regimes",
			title: ({ rows }) => {
				const leads = ["B = 1", "B = ⁴√(ln\u00a0n)", "B = √ln\u00a0n", "d = log₂\u00a0n"].flatMap((word, regime) => {
					const lead = leadAtLargest(rows, regime, "polynomial/moment");
					return lead === undefined ? [] : [`${numberText(Number(lead.toPrecision(2)))} at ${word}`];
				});
				return leads.length > 0
					? `Time of exact over that of the polynomial where d, B and error move with n: ${leads.join(", ")}`
					: "Time with d, B and error moving with n";
			},
			x: { title: "sequence length n (tokens)", scale: "powers-of-two" },
			y: { title: "time of one gradient (ms)", scale: "log" },
			only: (row) => regimeOf(row) !== undefined,
			series: [
				{
					kind: "measured",
					x: ({ n }) => n,
					y: ({ time_ms }) => time_ms,
					label: ({ rank }) => (rank === undefined ? undefined : `K ${rank.toLocaleString("en")}`),
				},
			],
			panels: { value: regimeOf, heading: ([row]) => present(regimeNameOf(row), "the regime of a panel") },
			caveat: (rows) =>
				"The title is about the largest n of each panel that both have. The error that is proven is ε = 1/n; K is the polynomial's rank. " +
				`Few sizes, and below n = 1,024 work that does not grow with n: no exponent can be read here. √ln n is the threshold${
					isUnprovedAtThreshold(rows) ? ", where at the largest n no degree proves the error" : ""
				}. Where d = log₂ n the polynomial does not pay: K is above n at every n that fits a computer. ${describeProved(rows)}`,
		},
	],
});
