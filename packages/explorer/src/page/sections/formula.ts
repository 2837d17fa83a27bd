import type { FormulaAnswer } from "../../worker/tasks/formula.ts";
import { Calculator, Failure, inWords, Latest } from "../calculator.ts";
import { readEntries } from "../charts/heat-map.ts";
import { choice, slider } from "../controls.ts";
import { byId, say, whenSeen } from "../elements.ts";
import { remember, stateChanged } from "../state.ts";
import { tenTo } from "../words.ts";
import { clearFormula, showFormula } from "./formula-view.ts";

type NoiseKind = "adversarial" | "random" | "none";

/** Starts the section; it computes when it comes into view. */
export function startFormula(): void {
	const section = byId("formula", HTMLElement);
	const latest = new Latest("formula", section);
	const maker = new Calculator();
	const text = byId("formula-text", HTMLTextAreaElement);
	let visible = false;
	let shown: FormulaAnswer | undefined;
	/** A formula that is not the random one of the sliders. */
	let typed: string | undefined;
	/** Raised by each formula: a random one that is still being made then comes too late. */
	let formulas = 0;
	const decide = () => {
		if (!visible) return;
		const noise = noiseOf(controls.kind.value, controls.epsilon.value);
		latest.ask(
			{ text: text.value, ...(noise && { noise }) },
			({ answer }) => {
				shown = answer;
				say("formula-said", "");
				showFormula(answer);
			},
			(failure) => {
				shown = undefined;
				say("formula-said", inWords(failure), { error: true });
				clearFormula();
			},
		);
	};
	const take = (formula: string, isTyped: boolean) => {
		formulas++;
		typed = isTyped ? formula : undefined;
		if (text.value !== formula) text.value = formula;
		decide();
	};
	const random = async () => {
		const made = ++formulas;
		section.ariaBusy = "true";
		try {
			const { answer } = await maker.run("randomFormula", controls.formula());
			if (made !== formulas) return;
			take(answer, false);
			stateChanged();
		} catch (error) {
			if (!(error instanceof Failure)) throw error;
			section.ariaBusy = "false";
			say("formula-said", inWords(error), { error: true });
		}
	};
	const controls = formulaControls(() => visible && random(), decide);
	remember("s.cnf", {
		read: () => typed,
		apply: (given) => {
			if (given === typed) return;
			if (given !== undefined) take(given, true);
			else if (visible) void random();
		},
	});
	text.addEventListener("input", () => {
		take(text.value, true);
		stateChanged();
	});
	byId("formula-random", HTMLButtonElement).addEventListener("click", () => {
		controls.nextSeed();
		void random();
	});
	readEntries(byId("formula-gradient", HTMLCanvasElement), (row, col) => shown && sayEntry(shown, row, col));
	whenSeen("formula", () => {
		visible = true;
		if (typed === undefined) void random();
		else decide();
	});
}

/** The controls of the section: `onMade` is called for another formula, `onNoise` for another noise. */
function formulaControls(onMade: () => void, onNoise: () => void) {
	const variables = slider({ id: "formula-variables", key: "s.N", initial: 8, text: String, onChange: onMade });
	const ratio = slider({
		id: "formula-ratio",
		key: "s.ratio",
		initial: 4.26,
		text: (x) => x.toFixed(2),
		onChange: onMade,
	});
	const seed = slider({ id: "formula-seed", key: "s.seed", initial: 1, text: String, onChange: onMade });
	const made = choice<"unique" | "random">({ id: "formula-kind", key: "s.kind", onChange: onMade });
	const kind = choice<NoiseKind>({ id: "formula-noise", key: "s.noise", onChange: onNoise });
	const epsilon = slider({
		id: "formula-epsilon",
		key: "s.eps",
		initial: 1e-5,
		valueAt: (position) => Number((10 ** position).toPrecision(3)),
		positionOf: Math.log10,
		text: tenTo,
		onChange: onNoise,
	});
	const formula = () => ({
		variables: variables.value,
		ratio: ratio.value,
		seed: seed.value,
		unique: made.value === "unique",
	});
	return { kind, epsilon, formula, nextSeed: () => seed.set((seed.value % 99) + 1) };
}

function sayEntry({ d, gradient, decides }: FormulaAnswer, row: number, col: number): void {
	if (row >= d || col >= d) return;
	const what = row === decides && col === decides ? ", the entry that decides" : "";
	say("formula-entry", `dL/dX[${row}, ${col}] = ${(gradient[row * d + col] ?? 0).toExponential(4)}${what}`);
}

const noiseOf = (kind: NoiseKind, epsilon: number) =>
	kind === "none" ? undefined : kind === "random" ? { kind, epsilon, seed: 0 } : { kind, epsilon };
