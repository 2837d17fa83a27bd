import { readFileSync } from "node:fs";
import { UsageError } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import answers from "../../fixtures/answers.json" with { type: "json" };
import { readDimacs, writeDimacs } from "./dimacs.ts";
import type { Formula } from "./formula.ts";

/** Formulas of any form: repeated literals, tautologies, empty clauses, unused variables, no clauses, no variables. */
const formulas: fc.Arbitrary<Formula> = fc.integer({ min: 0, max: 9 }).chain((variables) => {
	const variable = fc.integer({ min: 1, max: Math.max(variables, 1) });
	const literal = fc.tuple(variable, fc.boolean()).map(([v, sign]) => (sign ? v : -v));
	const clause = variables > 0 ? fc.array(literal, { maxLength: 6 }) : fc.constant<number[]>([]);
	return fc.record({ variables: fc.constant(variables), clauses: fc.array(clause, { maxLength: 8 }) });
});

describe("what real files hold", () => {
	test("comments, blank lines, tabs and Windows line ends are skipped", () => {
		const text = "c first\r\n\r\nc\r\n  c indented\r\np cnf\t3  2\r\ncomment\r\n1 -3\t0\r\n\r\n2 0\r\n";
		expect(readDimacs(text)).toEqual({ variables: 3, clauses: [[1, -3], [2]] });
	});

	test("a clause may go over several lines, with comments between, and a line may hold several clauses", () => {
		expect(readDimacs("p cnf 4 3\n1 2\nc between\n\n-3\n0 4 0 -1\n0\n").clauses).toEqual([[1, 2, -3], [4], [-1]]);
	});

	test("a % line ends the formula, whatever follows", () => {
		expect(readDimacs("p cnf 2 1\n1 -2 0\n%\n0\n\n").clauses).toEqual([[1, -2]]);
	});

	test("repeated literals, tautologies, empty clauses and unused variables are kept as they are", () => {
		const formula = readDimacs("p cnf 9 3\n1 1 0\n2 -2 0\n0\n");
		expect(formula).toEqual({ variables: 9, clauses: [[1, 1], [2, -2], []] });
	});

	test("no clauses, no variables, a byte order mark and a missing last line end are fine", () => {
		expect(readDimacs("\uFEFFp cnf 4 0")).toEqual({ variables: 4, clauses: [] });
		expect(readDimacs("p cnf 0 1\n0")).toEqual({ variables: 0, clauses: [[]] });
	});
});

describe("comments about counts", () => {
	const wanted = (comments: string, variables = 3) =>
		readDimacs(`${comments}\np cnf ${variables} 1\n1 2 0\n`).wantedCount;

	test.each([
		["c t pmc\nc p show 1 2 0", "projected", 2],
		["c p show 1 0\nc p show 2 0", "projected", 1],
		["c p show 0", "projected", 1],
		["c t pmc", "projected", 1],
		["c ind 1 3 0", "projected", 1],
		["c t wmc\nc p weight 1 0.4 0", "weighted", 1],
		["c\nc p weight -2 .5 0", "weighted", 2],
		["c weights 0.5 0.5 1 1 1 1", "weighted", 1],
		["c p weight 1 0.4 0\nc p show 1 0", "projected weighted", 1],
		["c t pwmc", "projected weighted", 1],
	])("%j ask for another count", (comments, kind, line) => {
		expect(wanted(comments)).toEqual({ kind, line });
	});

	test.each([
		"c t mc",
		"c p show 1 2 3 0",
		"c p show 3 0\nc p show 2 1 0",
		"c t pmc\nc p show 1 2 3 0",
		"c p weight 1 1 0\nc p weight -1 1.0 0",
		"c ind 1 2 3 0",
		"c show 1 0 in a sentence",
		"c the weight is 0.4",
		"c t of something",
		"cp show 1 0",
	])("%j ask for all models", (comments) => {
		expect(wanted(comments)).toBeUndefined();
	});

	test("count behind the clauses as well as before them", () => {
		expect(readDimacs("p cnf 3 1\n1 2 0\nc p show 1 0\n").wantedCount).toEqual({ kind: "projected", line: 3 });
	});
});

test("what is written reads back the same, in any layout of white space and comments", () => {
	const gaps = fc.constantFrom(" ", "\n", "\r\n", "\t", "  \n\nc 1 0 a comment\n", "\nc\n");
	fc.assert(
		fc.property(formulas, fc.array(gaps, { minLength: 1, maxLength: 7 }), (formula, spaces) => {
			expect(readDimacs(writeDimacs(formula, ["a comment"]))).toEqual(formula);
			const [header, ...rest] = writeDimacs(formula).split("\n");
			const body = rest.join(" ").split(" ").filter(Boolean);
			const laidOut = body.map((token, at) => token + spaces[at % spaces.length]).join("");
			expect(readDimacs(`${header}\n${laidOut}`)).toEqual(formula);
		}),
	);
});

test.each([
	["", "f.cnf:1:1", `no "p cnf VARIABLES CLAUSES" line`],
	["c only\n", "f.cnf:1:1", `no "p cnf VARIABLES CLAUSES" line`],
	["1 2 0\np cnf 2 1\n", "f.cnf:1:1", `before the clauses, got "1"`],
	[
		"PK\u0003\u0004\u0000\uFFFD\u001b[31mnonsense-without-a-space\n",
		"f.cnf:1:1",
		`before the clauses, got "PK\\x03\\x04\\x00\uFFFD\\e[31mnonsense-with…"`,
	],
	["p cnf 2 1\np cnf 2 1\n1 0\n", "f.cnf:2:1", `a second "p" line; the first is on line 1`],
	["p wcnf 2 1\n", "f.cnf:1:3", "got a MaxSAT formula (WCNF)"],
	["p xyz 2 1\n", "f.cnf:1:3", `got format "xyz"`],
	["c a graph\np edge 3 2\ne 1 2\n", "f.cnf:2:3", "got a graph (DIMACS edge format)"],
	["e 1 2\ne 2 3\n", "f.cnf:1:1", "a graph (an e line for each edge); expected DIMACS CNF"],
	["h 1 2 0\n3 -1 0\n", "f.cnf:1:1", "a MaxSAT formula (WCNF); expected"],
	["* #variable= 2 #constraint= 1\n", "f.cnf:1:1", "a pseudo-Boolean formula (OPB); expected"],
	["aag 3 2 0 1 1\n", "f.cnf:1:1", "a circuit (AIGER); expected"],
	["(set-logic QF_UF)\n", "f.cnf:1:1", "an SMT-LIB script; expected"],
	["p cnf 2 1\na 1 0\ne 2 0\n1 2 0\n", "f.cnf:2:1", "a quantified formula (QDIMACS); expected"],
	["p cnf 2 1\nx1 2 0\n", "f.cnf:2:1", "a formula with XOR clauses; expected"],
	["p cnf 2 1\nd 1 2 0\n", "f.cnf:2:1", "a proof (DRAT); expected"],
	["p cnf 2\n", "f.cnf:1:1", "got 1 numbers"],
	["p cnf 2 1 7\n", "f.cnf:1:11", "got 3 numbers"],
	["p cnf -2 1\n", "f.cnf:1:7", `expected a whole number >= 0, got "-2"`],
	["p cnf 2 1.5\n", "f.cnf:1:9", `expected a whole number >= 0, got "1.5"`],
	["p cnf 2 1\n1  x 0\n", "f.cnf:2:4", `expected a literal or 0, got "x"`],
	["p cnf 2 1\n1 -0\n", "f.cnf:2:3", `expected a literal or 0, got "-0"`],
	["p cnf 2 1\n1 -3 0\n", "f.cnf:2:3", `literal -3, but the "p" line declares 2 variables`],
	["p cnf 2 2\n1 0\n\n  2 -1\n", "f.cnf:4:3", "the clause that starts here is not ended by 0"],
	["p cnf 2 2\n1 0\n", "f.cnf:2:4", "expected 2 clauses, got 1"],
	["p cnf 2 2\n1 0\n%\n0\n", "f.cnf:3:1", "expected 2 clauses, got 1"],
	["p cnf 2 1\n1 0 2 0\n", "f.cnf:2:5", "more than the 1 clauses declared"],
])("%j is refused at %s", (text, place, message) => {
	const reading = () => readDimacs(text, "f.cnf");
	expect(reading).toThrow(UsageError);
	expect(reading).toThrow(`${place}: `);
	expect(reading).toThrow(message);
});

test.each(Object.entries(answers))("%s has the declared variables and clauses", (name, { variables, clauses }) => {
	const formula = readDimacs(readFileSync(new URL(`../../fixtures/${name}.cnf`, import.meta.url), "utf8"), name);
	expect(formula.variables).toBe(variables);
	expect(formula.clauses).toHaveLength(clauses);
});
