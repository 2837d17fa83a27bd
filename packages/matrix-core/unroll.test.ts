import { expect, test } from "vitest";
import { unroll } from "./unroll.ts";

test("a statement is repeated for every value of its variables, the first outermost", () => {
	const source = "// unroll r: ROWS, v: 2\nlet c$r$v = load($r * step, $v);\nrest();";
	expect(unroll(source, { ROWS: 2 })).toBe(
		"let c00 = load(0 * step, 0);\nlet c01 = load(0 * step, 1);\nlet c10 = load(1 * step, 0);\nlet c11 = load(1 * step, 1);\nrest();",
	);
});

test("vectors are stored the last first", () => {
	const source = "// unroll c: 2, v: 2\nv128.store(out, a$c$v, ($c * 2 + $v) * 16);\n";
	expect(unroll(source, {}).split("\n").slice(0, 2)).toEqual([
		"v128.store(out, a11, (1 * 2 + 1) * 16);",
		"v128.store(out, a10, (1 * 2 + 0) * 16);",
	]);
});

test("the indentation of the comment goes with it", () => {
	expect(unroll("\t// unroll v: 1\n\tb$v = 1;\n", {})).toBe("\tb0 = 1;\n");
});

test("a name that is no number is an error", () => {
	expect(() => unroll("// unroll v: WIDTH\nb$v = 1;", { ROWS: 2 })).toThrow("unroll: unknown number: WIDTH");
});

test("a line with no statement after it is an error", () => {
	expect(() => unroll("// unroll v: 2\n", {})).toThrow("unroll v: 2: no statement follows");
});

test("a function is repeated for each of its numbers, before its statements are", () => {
	const source = "// each R: 1, ROWS\nfunction f$R(): void {\n\t// unroll r: $R\n\tg($r);\n}\nrest\n";
	expect(unroll(source, { ROWS: 2 })).toBe(
		"function f1(): void {\n\tg(0);\n}\n\nfunction f2(): void {\n\tg(0);\n\tg(1);\n}\nrest\n",
	);
});

test("lines that end in CR LF, as an editor or git on Windows may leave them, mean the same", () => {
	const source =
		"// each R: 1, ROWS\nfunction f$R(): void {\n\t// unroll r: $R\n\tg($r);\n}\nrest\n// unroll v: 2\nlet a$v = $v;\n";
	expect(unroll(source.replaceAll("\n", "\r\n"), { ROWS: 2 })).toBe(unroll(source, { ROWS: 2 }));
});
