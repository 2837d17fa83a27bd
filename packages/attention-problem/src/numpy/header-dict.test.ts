import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HeaderSyntaxError, parseHeaderDict } from "./header-dict.ts";

describe("a header dictionary", () => {
	test.each([
		["{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }", "<f8", false, [3, 4]],
		['{"descr": ">i2", "shape": (), "fortran_order": True}   \n', ">i2", true, []],
		["{'shape':(7,),'fortran_order':False,'descr':'|b1'}\n", "|b1", false, [7]],
		["  { 'shape' : ( 1 , 2 , 3 , ) , 'fortran_order' : False , 'descr' : '<f4' , }", "<f4", false, [1, 2, 3]],
		["{'descr': '=f8', 'fortran_order': False, 'shape': (7L, 3L), }", "=f8", false, [7, 3]],
		["{'descr': '<f8',\n\t'fortran_order': False,\r\n 'shape': (7L,), }", "<f8", false, [7]],
		["{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }", "<f8", false, [0, 3]],
	])("%j is read", (text, descr, fortranOrder, shape) => {
		expect(parseHeaderDict(text)).toEqual({ descr, fortranOrder, shape });
	});

	test.each([
		["", "expected { at character 0"],
		["{}", "must have descr, fortran_order and shape"],
		["{'descr': '<f8', 'fortran_order': False}", "must have descr"],
		["{'descr': '<f8', 'fortran_order': False, 'shape': (3)}", "not a tuple"],
		["{'descr': '<f8', 'fortran_order': False, 'shape': (3, -1)}", "expected a whole number or )"],
		["{'descr': '<f8', 'fortran_order': False, 'shape': (3.0, 1)}", "not a tuple"],
		["{'descr': '<f8', 'fortran_order': False, 'shape': (3, 1.0)}", "expected , or )"],
		["{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999999, 1)}", "axis of length 10000000000000000"],
		["{'descr': '<f8', 'fortran_order': False, 'shape': (3 L, 1)}", "not a tuple"],
		["{'descr': '<f8', 'fortran_order': False, 'shape': (3, 1LL)}", "expected , or )"],
		["{'descr': '<f8', 'fortran_order': 0, 'shape': (3,)}", "expected True or False"],
		["{'descr': '<f8', 'fortran_order': False, 'shape': (3,)", "expected , or }"],
		["{'descr': '<f8', 'fortran_order': False, 'shape': (3,)} x", "expected the end"],
		["{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", "'descr' twice"],
		["{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'x': 1}", "unknown key 'x'"],
		["{'descr': '\\x3cf8', 'fortran_order': False, 'shape': (3,)}", "expected a quoted dtype"],
		["{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,)}", "records"],
		["{'descr': '<\u001b[31m', 'fortran_order': False, 'shape': (3,)}", "expected a quoted dtype"],
		["{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (3,)}", "expected a quoted dtype"],
		["{'__proto__': '<f8', 'fortran_order': False, 'shape': (3,)}", "unknown key '__proto__'"],
	])("%j is refused", (text, complaint) => {
		expect(() => parseHeaderDict(text)).toThrow(HeaderSyntaxError);
		expect(() => parseHeaderDict(text)).toThrow(complaint);
	});

	test("of any text is read or refused, and that at once", () => {
		const words = fc.constantFrom(
			"{",
			"}",
			"(",
			")",
			",",
			":",
			"'",
			"descr",
			"'shape'",
			"'<f8'",
			"True",
			"7",
			" ",
			"\\",
			"\n",
		);
		fc.assert(
			fc.property(
				fc.oneof(
					fc.string(),
					fc.array(words).map((parts) => parts.join("")),
				),
				(text) => {
					try {
						parseHeaderDict(text);
					} catch (error) {
						expect(error).toBeInstanceOf(HeaderSyntaxError);
					}
				},
			),
			{ numRuns: 2000 },
		);
	});
});
