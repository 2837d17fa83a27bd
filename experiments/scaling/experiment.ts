import { defineExperiment, describeExponent, type FigureFacts, type GridBlock } from "@attgrad/harness";

const powersOfTwo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i));

const point = { d: [4], B: [1], degree: [8] };

/** Sizes are 2^from..2^to. The polynomial method starts higher: below, what it does once for any n is most of its time. */
const blocks = (to: { exact: number; dense: number; paper: number; moment: number }): GridBlock[] => [
	{ ...point, algorithm: ["streaming"], n: powersOfTwo(8, to.exact) },
	{ ...point, algorithm: ["dense"], n: powersOfTwo(8, to.dense) },
	{ ...point, algorithm: ["polynomial/paper"], n: powersOfTwo(10, to.paper) },
	{ ...point, algorithm: ["polynomial/moment", "polynomial/reverse"], n: powersOfTwo(10, to.moment) },
];

function title({ curves }: FigureFacts): string {
	const exponents = [
		["streaming", "exact"],
		["polynomial/paper", "paper's route"],
		["polynomial/moment", "moment"],
	].flatMap(([name, word]) => {
		const law = curves.find((curve) => curve.name === name)?.law;
		return law ? [`${word} ${describeExponent(law)}`] : [];
	});
	return exponents.length > 0 ? `Exponent of n: ${exponents.join(", ")}` : "Time of one gradient against n";
}

export default defineExperiment({
	name: "scaling",
	title: "Time of one gradient against n",
	question: "Does the time grow like n² for the exact gradient and like n for the paper's algorithm?",
	module: import.meta.url,
	grid: {
		quick: blocks({ exact: 15, dense: 11, paper: 15, moment: 17 }),
		full: blocks({ exact: 18, dense: 13, paper: 18, moment: 21 }),
	},
	figures: [
		{
			name: "time-vs-n",
			title,
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
		},
	],
});
