import { appendFileSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { UsageError } from "@attgrad/matrix-core";
import { choice, scriptArguments, text, wholeNumber } from "@attgrad/matrix-core/script-arguments";
import { addTally, newTally, type Tally, tightnessTable } from "./attack/tally.ts";
import { targets } from "./attack/targets.ts";
import type { Stretch } from "./attack/worker.ts";

/** Attacks between two reports, and of a line of the file of --resume. */
const STRETCH = 500;

const {
	count,
	seed: first,
	jobs,
	target,
	resume: file,
} = scriptArguments({
	call: "npm run attack",
	summary: `Attacks certificates many times and prints what came of it; exits 1 where a bound was below the true error.

		Targets are the polynomial's gradients in X and Y and outputs of layers, with one polynomial or one for each row, gradients in several
		matrices, the backward pass of the operator, and the other algorithms with proofs.`,
	positionals: { count: wholeNumber("attacks", { default: 10_000 }) },
	options: {
		seed: wholeNumber("the first seed", { least: 0, default: 0 }),
		jobs: wholeNumber("threads that attack", { default: availableParallelism() }),
		target: choice("the only target to attack", [...new Set(targets.map(({ name }) => name))]),
		resume: text("each stretch of seeds that is done is a line of this file, and not run again", { form: "file" }),
	},
});

const sum = newTally();
const done = new Set<string>();
const name = ({ from, to }: Stretch): string => (target === undefined ? `${from}-${to}` : `${target} ${from}-${to}`);
if (file !== undefined) {
	// A file that cannot be written is refused before the first attack.
	appendFileSync(file, "");
	for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
		const { stretch, tally } = readStretch(line);
		if (!done.has(stretch)) addTally(sum, tally);
		done.add(stretch);
	}
}

/** A line that an earlier run wrote for a stretch. @throws UsageError for any other */
function readStretch(line: string): { stretch: string; tally: Tally } {
	try {
		const read = JSON.parse(line);
		if (typeof read?.stretch === "string" && typeof read.tally?.counts === "object") return read;
	} catch {
		// Said below.
	}
	throw new UsageError(`--resume: ${file} has a line that no run of attacks wrote: ${line.slice(0, 60)}`);
}

const waiting: Stretch[] = [];
for (let from = first; from < first + count; from += STRETCH) {
	const stretch = { from, to: Math.min(first + count, from + STRETCH), target };
	if (!done.has(name(stretch))) waiting.push(stretch);
}

let finished = count - waiting.reduce((left, { from, to }) => left + to - from, 0);
const start = performance.now();

async function work(): Promise<void> {
	const worker = new Worker(new URL("./attack/worker.ts", import.meta.url));
	try {
		for (let stretch = waiting.shift(); stretch !== undefined; stretch = waiting.shift()) {
			const tally = await new Promise<Tally>((resolve, reject) => {
				worker.once("message", resolve);
				worker.once("error", reject);
				worker.postMessage(stretch);
			});
			worker.removeAllListeners("error");
			for (const line of tally.violations) console.log(line);
			addTally(sum, tally);
			if (file !== undefined) appendFileSync(file, `${JSON.stringify({ stretch: name(stretch), tally })}\n`);
			finished += stretch.to - stretch.from;
			const seconds = ((performance.now() - start) / 1000).toFixed(0);
			if (finished % 10_000 === 0 || waiting.length === 0)
				console.error(`${finished} of ${count} after ${seconds} s: ${JSON.stringify(sum.counts)}`);
		}
	} finally {
		await worker.terminate();
	}
}

await Promise.all(Array.from({ length: Math.min(jobs, waiting.length) }, work));
console.log(`${count} attacks: ${JSON.stringify(sum.counts)}; refused: ${JSON.stringify(sum.refusals)}`);
console.log(`\n${tightnessTable(sum)}`);
process.exitCode = sum.counts.violated + sum.counts.crashed > 0 ? 1 : 0;
