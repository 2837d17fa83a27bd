import type { WantedCount } from "./formula.ts";

/** The type of count that a `c t` line of the model counting competitions names. */
const types: Readonly<Record<string, Partial<Record<"projected" | "weighted", true>>>> = {
	...{ mc: {}, wmc: { weighted: true }, amc: { weighted: true } },
	...{ pmc: { projected: true }, pwmc: { projected: true, weighted: true } },
};

/**
 * Collects what the comments of a formula say about its count: `c t TYPE`, `c p show V… 0` and `c p weight L W 0` of the
 * model counting competitions, `c ind V… 0` of ApproxMC, `c weights` of MiniC2D.
 */
export class CountLines {
	/** First line that asks for each. */
	readonly #asked: { projected?: number; weighted?: number } = {};
	/** Variables that `show` and `ind` lines list; undefined before the first such line. */
	#shown: Set<number> | undefined;
	#shownLine = 0;

	/** Takes the words of a comment line, `c` first. */
	read(words: readonly string[], line: number): void {
		const [c, first, second] = words;
		if (c !== "c") return;
		if (first === "t" && second !== undefined && Object.hasOwn(types, second)) {
			if (types[second].projected) this.#asked.projected ??= line;
			if (types[second].weighted) this.#asked.weighted ??= line;
		} else if (first === "p" && second === "show") this.#show(words.slice(3), line);
		else if (first === "ind") this.#show(words.slice(2), line);
		else if (first === "p" && second === "weight" && Number(words[4]) !== 1) this.#asked.weighted ??= line;
		else if (first === "weights" && words.slice(2).some((weight) => Number(weight) !== 1))
			this.#asked.weighted ??= line;
	}

	#show(variables: readonly string[], line: number): void {
		this.#shown ??= new Set();
		this.#shownLine ||= line;
		for (const variable of variables) if (variable !== "0") this.#shown.add(Number(variable));
	}

	/** The count that is asked for; undefined for that of all models, also where every variable is shown. */
	wanted(variables: number): WantedCount | undefined {
		const isPart = this.#shown !== undefined && !allOf(variables, this.#shown);
		const projected = this.#shown === undefined ? this.#asked.projected : isPart ? this.#shownLine : undefined;
		const { weighted } = this.#asked;
		if (projected !== undefined && weighted !== undefined)
			return { kind: "projected weighted", line: Math.min(projected, weighted) };
		if (projected !== undefined) return { kind: "projected", line: projected };
		return weighted === undefined ? undefined : { kind: "weighted", line: weighted };
	}
}

function allOf(variables: number, shown: ReadonlySet<number>): boolean {
	if (shown.size < variables) return false;
	for (let variable = 1; variable <= variables; variable++) if (!shown.has(variable)) return false;
	return true;
}
