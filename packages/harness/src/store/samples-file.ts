import { closeSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, writeAtomically } from "@attgrad/attention-problem";
import { z } from "zod";
import { appendWhole } from "./append-whole.ts";

/** Name of the file of the times that rows rest on, beside them. */
export const samplesFileName = "samples.jsonl";

/** Times of a cell's runs by round, milliseconds. */
export type Rounds = readonly (readonly number[])[];

const lineSchema = z.object({ key: z.string(), rounds: z.array(z.array(z.number()).min(1)).min(1) });

/**
 * Adds a cell's times to the folder's samples.jsonl. A line that a crash cut off before is closed first.
 * @throws Error of the file system; the file is then as it was
 */
export function appendSamples(folder: string, key: string, rounds: Rounds): void {
	const path = join(folder, samplesFileName);
	const isCut = ![undefined, 0x0a].includes(readIfThere(path)?.at(-1));
	const file = openSync(path, "a");
	try {
		appendWhole(file, `${isCut ? "\n" : ""}${sampleLine(key, rounds)}`);
	} finally {
		closeSync(file);
	}
}

/** Replaces the folder's samples.jsonl in one step; without times there is no file. */
export function writeSamples(folder: string, samples: ReadonlyMap<string, Rounds>): void {
	const path = join(folder, samplesFileName);
	if (samples.size === 0) rmSync(path, { force: true });
	else writeAtomically(path, [...samples].map(([key, rounds]) => sampleLine(key, rounds)).join(""));
}

const sampleLine = (key: string, rounds: Rounds) => `${JSON.stringify({ key, rounds })}\n`;

/**
 * The times that the rows of a results folder rest on, by key; the last where a cell was measured again. Lines that are
 * damaged are left out: the times are a help beside the rows, which say the same in brief.
 */
export function readSamples(folder: string): Map<string, Rounds> {
	const path = join(folder, samplesFileName);
	const samples = new Map<string, Rounds>();
	for (const line of (readIfThere(path)?.toString("utf8") ?? "").split("\n")) {
		const read = lineSchema.safeParse(parsed(line));
		if (read.success) samples.set(read.data.key, read.data.rounds);
	}
	return samples;
}

function parsed(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return undefined;
	}
}
