import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { scaffoldName, writeScaffold } from "./scaffold.ts";

const scaffold = scaffoldName(
	"experiment",
	`Writes an experiment, its page and its line in experiments/index.ts.

	The result runs at once: time of two algorithms against n, with their errors. Replace the question, the grid and the figure.`,
);
const { name, identifier, root } = scaffold;
const folder = join(root, "experiments", name);
const registry = join(root, "experiments/index.ts");
const list = readFileSync(registry, "utf8");
if (existsSync(folder) || new Set(list.match(/\w+/g)).has(identifier))
	throw new UsageError(`there is an experiment ${name} already`);
const end = "\n];";
if (!list.includes(end)) throw new UsageError(`no list of experiments in ${registry}`);

const experiment = `import { defineExperiment } from "@attgrad/harness";

/** The point that stays as it is while n grows. */
const point = { algorithm: ["streaming", "polynomial/moment"], d: [4], B: [1], epsilon: [1e-4] };

export default defineExperiment({
	name: "${name}",
	title: "Time of one gradient against n",
	question: "From which n on is the certified gradient faster than the exact one?",
	module: import.meta.url,
	grid: {
		quick: [{ ...point, n: [1024, 2048, 4096, 8192] }],
		full: [{ ...point, n: [1024, 2048, 4096, 8192, 16384, 32768], seed: [1, 2, 3] }],
	},
	figures: [
		{
			name: "time-vs-n",
			title: () => "Time of one gradient against n",
			x: { title: "sequence length n (tokens)", scale: "powers-of-two" },
			y: { title: "time of one gradient (ms)", scale: "log" },
			series: [
				{ kind: "measured", x: ({ n }) => n, y: ({ time_ms }) => time_ms, spread: ({ time_mad_ms }) => time_mad_ms },
			],
			caveat: "Say here what the figure does not show.",
		},
	],
});
`;

const page = `# ${name}

From which n on is the certified gradient faster than the exact one?

\`\`\`
npx attgrad sweep ${name}
\`\`\`

What it shows: (write this when you have looked at results/${name}/time-vs-n.png.)
`;

writeScaffold(
	scaffold,
	{
		[join(folder, "experiment.ts")]: experiment,
		[join(folder, "README.md")]: page,
		[registry]: `import ${identifier} from "./${name}/experiment.ts";\n${list.replace(end, `\n\t${identifier},${end}`)}`,
	},
	[`npx attgrad sweep ${name}`, `open results/${name}/report.html`],
);
