import type { Row } from "../../cells/index.ts";
import type { RunInfo } from "../../store/index.ts";
import { shown, shownRange, shownSize } from "../../summary/index.ts";
import { type Html, html } from "../html/html.ts";
import type { PageSection } from "../html/page-frame.ts";
import { table, terms } from "../html/report-tables.ts";
import type { CertificateRecord } from "./certificates.ts";
import { reproduceRun } from "./reproduce.ts";

/** The claims of the certificates and whether they held; nothing where no row has a certificate. */
export function certificateSection(records: readonly CertificateRecord[]): PageSection[] {
	if (records.length === 0) return [];
	const rows = records.map(({ algorithm, kind, rows, checked, violated, bounds, pessimism }) => [
		algorithm,
		kind,
		rows,
		shownRange(bounds),
		checked === 0
			? "no true error known"
			: violated === 0
				? html`<span class="good">held in all ${checked}</span>`
				: html`<span class="bad">broken in ${violated} of ${checked}</span>`,
		shownRange(pessimism),
	]);
	const content = html`<p>A bound that is a priori or a posteriori is a proof that no entry of the gradient is off by more; an estimate is not. Where the exact gradient was computed as well, the bound is checked against it.</p>
${table(
	"Certificates",
	[
		{ head: "algorithm" },
		{ head: "kind" },
		{ head: "rows", isNumber: true },
		{ head: "bound", isNumber: true },
		{ head: "against the true error" },
		{ head: "bound over error", isNumber: true },
	],
	rows,
)}`;
	return [{ id: "certificates", heading: "Certificates", content }];
}

/** Cells that gave no answer, by reason; nothing where all did. */
export function missingSection(rows: readonly Row[]): PageSection[] {
	const missing = rows.filter(({ status }) => status !== "done");
	if (missing.length === 0) return [];
	const groups = [
		...Map.groupBy(missing, ({ algorithm, status, reason }) => [algorithm, status, reason].join("\n")).values(),
	];
	const content = table(
		"Cells without an answer",
		[
			{ head: "algorithm" },
			{ head: "status" },
			{ head: "cells", isNumber: true },
			{ head: "n" },
			{ head: "reason", isWide: true },
		],
		groups.map((group) => {
			const { algorithm, status, reason } = group[0];
			const sizes = [...new Set(group.map(({ n }) => n))].sort((a, b) => a - b);
			return [
				algorithm,
				html`<span class="bad">${status}</span>`,
				group.length,
				sizes.map(shownSize).join(", "),
				reason,
			];
		}),
	);
	return [{ id: "missing", heading: "Cells without an answer", content }];
}

/** Commands for the whole run. */
export function reproduceSection(run: RunInfo): Html {
	const changed = Object.entries((run.settings["overrides"] ?? {}) as Record<string, unknown>);
	return html`<p>The whole run${changed.length > 0 && html`, here with ${changed.map(([axis, values]) => `${axis} = ${[values].flat().join(", ")}`).join("; ")} in place of its own`}:</p>
<pre>${run.commit ? `git checkout ${run.commit}\n` : undefined}npm ci
${reproduceRun(run)}</pre>
${run.dirty === true && html`<p class="bad">The program had changes that no commit holds.</p>`}
<p>One row: the command at the end of its line in the table above, which measures that cell and no other, in the folder <code>again</code>. <code>npx attgrad compare</code> tells whether two runs differ by more than noise.</p>`;
}

/** The machine, the versions and the settings of the measurement. */
export function machineSection({
	machine,
	kernel,
	commit,
	dirty,
	versions,
	startedAt,
	settings,
	preset,
}: RunInfo): Html {
	return terms([
		["processor", machine.cpu],
		["cores", machine.cores],
		["memory", `${shown(Math.round(machine.memoryMb / 102.4) / 10)} GiB`],
		["system", machine.system],
		["kernel", kernel],
		...Object.entries(versions),
		["commit", commit === null ? "unknown" : `${commit}${dirty ? ", with changes" : ""}`],
		["started", startedAt],
		["preset", preset],
		["settings", html`<code>${JSON.stringify(settings)}</code>`],
	]);
}
