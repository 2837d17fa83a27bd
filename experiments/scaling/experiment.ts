import { defineExperiment, describeExponent, type FigureFacts, type GridBlock } from "@attgrad/harness";

const powersOfTwo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i));

const point = { d: [4], B: [1], degree: [8] };

/** The routes of the polynomial method do the same numbers in different order; the paper's is the slowest by about d. */
const routes = ["polynomial/paper", "polynomial/moment", "polynomial/reverse"];

const blocks = (sizes: { exact: number; dense: number; polynomial: number }): GridBlock[] => [
	{ ...point, algorithm: ["streaming"], n: powersOfTwo(8, sizes.exact) },
	{ ...point, algorithm: ["dense"], n: powersOfTwo(8, sizes.dense) },
	{ ...point, algorithm: routes, n: powersOfTwo(8, sizes.polynomial) },
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
		quick: blocks({ exact: 14, dense: 11, polynomial: 15 }),
		full: blocks({ exact: 17, dense: 13, polynomial: 20 }),
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
