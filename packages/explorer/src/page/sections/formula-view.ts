import { shortNumber } from "@attgrad/matrix-core";
import type { FormulaAnswer } from "../../worker/tasks/formula.ts";
import { diverging } from "../charts/colours.ts";
import { drawPicture } from "../charts/heat-map.ts";
import { byId, make, say, showLines } from "../elements.ts";

/** Four digits, as `attgrad solve` prints them. */
const digits = (x: number): string => String(Number(x.toPrecision(4)));

const verdicts = {
	satisfiable: "SATISFIABLE",
	unsatisfiable: "UNSATISFIABLE",
	unknown: "UNKNOWN",
} as const;

/** Takes away what was shown. */
export function clearFormula(): void {
	say("formula-verdict", "–");
	byId("formula-verdict", HTMLElement).dataset["status"] = "none";
	for (const id of ["formula-sizes", "formula-reading"]) showLines(id, []);
	byId("formula-bits", HTMLElement).replaceChildren();
	say("formula-model", "");
}

const hidingText = (epsilon: number | undefined): string =>
	epsilon === undefined ? "–" : epsilon === Number.POSITIVE_INFINITY ? "none" : `ε ≥ ${digits(epsilon)}`;

/** Shows a formula's first gradient, what was read of it, and the answer. */
export function showFormula(answer: FormulaAnswer): void {
	const { solution, reading, gradient, d, decides, provedEpsilon, hidingEpsilon } = answer;
	const { sizes } = solution;
	say("formula-verdict", verdicts[solution.status]);
	byId("formula-verdict", HTMLElement).dataset["status"] = solution.status;
	showLines("formula-sizes", [
		["formula", `${answer.variables} variables, ${answer.clauses} clauses`],
		["gradient", `n ${sizes?.n}, d ${d}, B ${sizes ? digits(sizes.B) : "–"}`],
		["B / √ln n", sizes ? digits(sizes.B / Math.sqrt(Math.log(sizes.n))) : "–"],
		[
			"gradients",
			`${solution.calls}${solution.isolationCalls > 0 ? `, ${solution.isolationCalls} to isolate one model` : ""}`,
		],
	]);
	showLines("formula-reading", [
		["−d · dL/dX[w, w]", `${reading.value.toPrecision(8)} ± ${digits(reading.error)}`],
		["NO below, YES above", digits((reading.yes + reading.no) / 2)],
		["noise proved harmless", `ε ≤ ${digits(provedEpsilon)}`],
		["noise that hides this answer", hidingText(hidingEpsilon)],
	]);
	const most = gradient.reduce((largest, entry) => Math.max(largest, Math.abs(entry)), 0);
	// The root shows small entries too.
	drawPicture(byId("formula-gradient", HTMLCanvasElement), {
		rows: d,
		cols: d,
		shares: (at) => 0.5 + 0.5 * Math.sign(gradient[at] ?? 0) * Math.sqrt(Math.abs(gradient[at] ?? 0) / (most || 1)),
		colours: diverging,
	});
	const mark = byId("formula-mark", HTMLElement);
	mark.style.left = mark.style.top = `${((100 * decides) / d).toFixed(3)}%`;
	mark.style.width = mark.style.height = `${(100 / d).toFixed(3)}%`;
	showLine(answer);
	showBits(answer);
}

/** The reading on the line between NO and YES. */
function showLine({ reading }: FormulaAnswer): void {
	const to = Math.max(0.16, reading.yes * 1.2, reading.value * 1.05);
	const at = (value: number) => `${Math.min(100, Math.max(0, (100 * value) / to)).toFixed(2)}%`;
	const place = byId("formula-line", HTMLElement);
	const part = (name: string, style: Readonly<Record<string, string>>) => {
		const element = make("span", { class: name });
		Object.assign(element.style, style);
		return element;
	};
	const [low, high] = [Math.max(0, reading.value - reading.error), Math.min(to, reading.value + reading.error)];
	place.replaceChildren(
		part("no", { left: "0", width: at(reading.no) }),
		part("yes", { left: at(reading.yes), right: "0" }),
		part("middle", { left: at(1 / 16) }),
		part("range", { left: at(low), width: at(high - low) }),
		part("value", { left: at(reading.value) }),
	);
	place.setAttribute(
		"aria-label",
		`The reading is ${shortNumber(reading.value)}, off by at most ${shortNumber(reading.error)}; NO is at most ${shortNumber(reading.no)}, YES at least ${shortNumber(reading.yes)}, in the middle 1/16.`,
	);
}

function showBits({ bits, reading, model, checked, clauses, solution }: FormulaAnswer): void {
	byId("formula-bits", HTMLElement).replaceChildren(
		...bits.map(({ variable, value, at }) =>
			make(
				"tr",
				{},
				make("th", { scope: "row" }, `x${variable}`),
				make("td", {}, `[${at.join(", ")}]`),
				make("td", {}, shortNumber(Number(value.toPrecision(4)))),
				make("td", {}, reading.status === "yes" ? (value > 1 / 16 ? "1" : "0") : "–"),
			),
		),
	);
	const calls = solution.isolationCalls > 0 ? " (several models: later gradients isolated this one)" : "";
	say(
		"formula-model",
		model
			? `Assignment ${model.join(" ")}: ${checked ? `all ${clauses} clauses are true` : "a clause is false"}${calls}.`
			: solution.status === "unsatisfiable"
				? "No assignment makes every clause true: the sum is too small for any."
				: solution.status === "unknown"
					? `Not decided: ${solution.reason}.`
					: "",
	);
}
