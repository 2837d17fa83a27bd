import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { sampleRow } from "../testing/rows.ts";
import { createProgress } from "./progress.ts";

/** A terminal or a file that keeps what is written to it. */
function output(isTTY: boolean) {
	const stream = Object.assign(new PassThrough(), { isTTY, columns: 100, text: "" });
	stream.setEncoding("utf8").on("data", (text) => {
		stream.text += text;
	});
	return stream as typeof stream & NodeJS.WriteStream;
}

const done = sampleRow({ time_ms: 12.3456, time_mad_ms: 0.567, error_max: 1.25e-9 });
const skipped = sampleRow({ status: "skipped", reason: "too slow" });

test("a file gets a line for each cell, and each sweep counts anew", async () => {
	const file = output(false);
	const progress = await createProgress(file);
	for (const total of [2, 1]) {
		progress.start(total);
		progress.begin("exact n=8");
		progress.finish("exact n=8", done);
		if (total === 2) progress.finish("exact n=16", skipped);
		progress.notice("a word");
		progress.stop();
	}
	expect(file.text).toBe(
		"[1/2] exact n=8: 12.35 ms ± 0.57, error 1.3e-9\n[2/2] exact n=16: skipped: too slow\na word\n" +
			"[1/1] exact n=8: 12.35 ms ± 0.57, error 1.3e-9\na word\n",
	);
});

test("a terminal gets a bar, and lines for notices and for each cell", async () => {
	const terminal = output(true);
	const progress = await createProgress(terminal);
	progress.notice("before");
	progress.start(3);
	progress.begin("exact n=8");
	await new Promise((resolve) => setTimeout(resolve, 250));
	expect(terminal.text).toMatch(/░ 0\/3, \? left: exact n=8/);
	progress.finish("exact n=8", done);
	progress.finish("exact n=16", skipped);
	progress.notice("stopped");
	progress.stop();
	progress.notice("after");
	expect(terminal.text).toMatch(/^before\n/);
	const text = stripVTControlCharacters(terminal.text);
	expect(text).toContain("– exact n=16: skipped: too slow\n");
	expect(text).toContain("✓ exact n=8: 12.35 ms ± 0.57, error 1.3e-9\n");
	expect(terminal.text).toContain("stopped\n");
	expect(terminal.text).toMatch(/after\n$/);
	// The cursor that the bar hides is shown again.
	expect(terminal.text.lastIndexOf("\u001b[?25h")).toBeGreaterThan(terminal.text.lastIndexOf("\u001b[?25l"));
});
