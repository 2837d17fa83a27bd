import { printable } from "@attgrad/matrix-core";

/** Formats that have a `p` line like DIMACS CNF, by the word behind the `p`. */
const headers: Readonly<Record<string, string>> = {
	edge: "a graph (DIMACS edge format)",
	col: "a graph (DIMACS colouring format)",
	sp: "a graph (DIMACS shortest paths)",
	max: "a flow network (DIMACS)",
	min: "a flow network (DIMACS)",
	asn: "an assignment problem (DIMACS)",
	tw: "a graph (PACE treewidth format)",
	td: "a graph (PACE treedepth format)",
	ds: "a graph (PACE format)",
	wcnf: "a MaxSAT formula (WCNF)",
	inccnf: "an incremental formula",
	sat: "a formula that is not in conjunctive normal form (DIMACS SAT)",
	aux: "an auxiliary file",
	dnf: "a formula in disjunctive normal form",
	knf: "a formula with cardinality constraints (KNF)",
	"cnf+": "a formula with cardinality constraints (CNF+)",
	qbf: "a quantified formula",
};

/** The name of the format behind a `p`: `a MaxSAT formula (WCNF)`, or `format "xyz"`. */
export function headerOf(format: string): string {
	return Object.hasOwn(headers, format) ? headers[format] : `format "${printable(format.slice(0, 24))}"`;
}

/** How the first line of other formats looks. */
const firstLines: readonly (readonly [format: string, line: RegExp])[] = [
	["a MaxSAT formula (WCNF)", /^h( -?\d+)* 0$/],
	["a pseudo-Boolean formula (OPB)", /^(\* #variable=|min:|max:)/],
	["a circuit (AIGER)", /^(aag|aig) \d+ \d+ \d+ \d+ \d+/],
	["a circuit (BENCH)", /^(INPUT|OUTPUT) ?\(/],
	["a circuit (BLIF)", /^\.model\b/],
	["a circuit (QCIR)", /^#QCIR/],
	["an SMT-LIB script", /^\((set-|declare-|define-|assert)/],
	["a TPTP problem", /^(fof|cnf|tff|include)\(/],
	["a d-DNNF", /^nnf \d+ \d+ \d+$/],
	["a linear program", /^(Minimize|Maximize|minimize|maximize|NAME)\b/],
	["a graph (GraphML or other XML)", /^<\?xml/],
	["an HTML page", /^<(!DOCTYPE|!doctype|html)/],
	["a graph (DOT)", /^(strict )?(di)?graph\b/],
	["a JSON file", /^[{[]/],
	["a solver's answer", /^(s (SATISFIABLE|UNSATISFIABLE|UNKNOWN)|v -?\d)/],
	["a graph (an e line for each edge)", /^e \d+ \d+$/],
];

/**
 * The format that a line which is not of DIMACS CNF gives away; undefined where it does not.
 * @param words of the line
 * @param inside whether the line stands behind a `p cnf` line, in the formula
 */
export function otherFormat(words: readonly string[], inside: boolean): string | undefined {
	const line = words.join(" ");
	if (!inside) return firstLines.find(([, form]) => form.test(line))?.[0];
	if (/^[ae]( \d+)* 0$/.test(line)) return "a quantified formula (QDIMACS)";
	if (/^(x|h)(-?\d+)?( -?\d+)* 0$/.test(line))
		return line.startsWith("x") ? "a formula with XOR clauses" : "a MaxSAT formula (WCNF)";
	if (/^d( -?\d+)* 0$/.test(line)) return "a proof (DRAT)";
	if (/^w -?\d+ -?[\d.]/.test(line)) return "a weighted formula (Cachet's w lines)";
	return undefined;
}
