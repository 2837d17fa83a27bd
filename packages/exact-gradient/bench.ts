import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { asDtype, generateProblem } from "@attgrad/attention-problem";
import { availableKernels, createRuntime, type Dtype, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { flag, scriptArguments, wholeNumber, wholeNumbers } from "@attgrad/matrix-core/script-arguments";
import { streaming } from "./src/index.ts";

const {
	n,
	d: widths,
	threads: threadCounts,
	rounds,
	write,
} = scriptArguments({
	call: "node packages/exact-gradient/bench.ts",
	summary: `Time of the exact gradient by every kernel and number type of this machine, interleaved, after a check against plain TypeScript:
		one JSON line each.

		wall is the shortest time; cpu the shortest processor time of the main thread, which hardly feels a machine that is shared (one thread
		only).`,
	options: {
		n: wholeNumber("tokens", { default: 4096 }),
		d: wholeNumbers("width of a head", { default: [8, 64] }),
		threads: wholeNumbers("numbers of threads", { most: 256, default: [1, 2] }),
		rounds: wholeNumber("rounds; a third of them for plain TypeScript", { default: 9 }),
		write: flag(
			"write a table of wall between the marks of docs/performance.md and into results/reference/exact-kernels.txt",
		),
	},
});
/** Rounds of plain TypeScript, which is slow. */
const slowRounds = Math.ceil(rounds / 3);
/** Shortest times, one a width, by kernel, number type and threads. */
const times = new Map<string, number[]>();
let worst = 0;

for (const d of widths) {
	const problem = generateProblem({ distribution: "uniform", n, d, B: 1, seed: 1 });
	const reference = await streaming.run(problem, {}, await createRuntime({ kernel: "js" }));
	const ways = [];
	for (const kernel of await availableKernels())
		for (const dtype of kernel === "js" ? (["f64"] as const) : (["f64", "f32"] as Dtype[]))
			for (const threads of kernel === "js" ? [1] : threadCounts) {
				const runtime = await createRuntime({ kernel, threads });
				const given = asDtype(problem, dtype);
				const { gradient } = await streaming.run(given, {}, runtime);
				const error = maxAbsDifference(gradient, reference.gradient) / maxAbs(reference.gradient);
				if (!(error < (dtype === "f64" ? 1e-12 : 1e-4))) throw new Error(`${kernel} ${dtype}: error ${error}`);
				ways.push({ kernel, dtype, threads, runtime, given, error, wall: [] as number[], cpu: [] as number[] });
			}
	for (let round = 0; round < rounds; round++)
		for (const { kernel, runtime, given, wall, cpu } of ways) {
			if (kernel === "js" && round >= slowRounds) continue;
			const [before, from] = [process.threadCpuUsage(), performance.now()];
			await streaming.run(given, {}, runtime);
			wall.push(performance.now() - from);
			const { user, system } = process.threadCpuUsage(before);
			cpu.push((user + system) / 1000);
		}
	for (const { kernel, dtype, threads, runtime, error, wall, cpu } of ways) {
		const best = Math.min(...wall);
		const key = `${kernel} | ${dtype} | ${threads}`;
		times.set(key, [...(times.get(key) ?? []), best]);
		if (dtype === "f64") worst = Math.max(worst, error);
		const gflops = Math.round((80 * n * n * d) / best / 1e6) / 10;
		const rounded = { wall: Math.round(best * 10) / 10, cpu: Math.round(Math.min(...cpu) * 10) / 10 };
		console.log(
			JSON.stringify({ n, d, kernel, dtype, threads, ...rounded, gflops, error: Number(error.toPrecision(2)) }),
		);
		await runtime.close();
	}
}

/** Every way with its times, and how many times as fast as the first, plain TypeScript, it is. */
function table(): string {
	const [plain] = times.values();
	const rows = Array.from(times, ([way, each]) => {
		const cells = each.map((time, i) => `${Number(time.toPrecision(3))} | ${(plain[i] / time).toPrecision(3)}`);
		return `| ${way} | ${cells.join(" | ")} |`;
	});
	return [
		`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.versions.node}.`,
		"",
		`n = ${n}, milliseconds a gradient (shortest of ${rounds} rounds, of ${slowRounds} for js), largest error in f64 ${worst.toExponential(0)}:`,
		"",
		`| kernel | number type | threads | ${widths.map((d) => `d = ${d} | times as fast as js`).join(" | ")} |`,
		`|---|---|---|${"---|---|".repeat(widths.length)}`,
		...rows,
		"",
	].join("\n");
}

if (write) {
	const made = table();
	const path = new URL("../../docs/performance.md", import.meta.url);
	const marks = /(<!-- exact kernels -->\n)[\s\S]*?(<!-- end of exact kernels -->)/;
	const old = readFileSync(path, "utf8");
	if (!marks.test(old)) throw new Error("docs/performance.md has no marks for the table");
	writeFileSync(path, old.replace(marks, `$1\n${made}\n$2`));
	writeFileSync(new URL("../../results/reference/exact-kernels.txt", import.meta.url), made);
}
