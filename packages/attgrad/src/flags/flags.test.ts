import { UsageError } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { describeFlags, flagName, flagsOf, readFlags } from "./flags.ts";

const schema = z.object({
	degree: z.int().min(0).optional().describe("degree of the polynomial"),
	maxRank: z.int().max(100).default(50),
	basis: z.enum(["taylor", "chebyshev"]).default("chebyshev"),
	centre: z.boolean().default(false),
	B: z.number().positive(),
});

test("capital letters inside a name become dashes", () => {
	expect(["maxRank", "B", "n"].map(flagName)).toEqual(["max-rank", "B", "n"]);
});

test("each property is a flag; only booleans are switches", () => {
	const flags = flagsOf(schema);
	expect(Object.keys(flags)).toEqual(["degree", "max-rank", "basis", "centre", "B"]);
	expect(flags["centre"]).toMatchObject({ type: "boolean" });
	expect(flags["degree"]).toMatchObject({ type: "string", requiresArg: true, describe: "degree of the polynomial" });
	expect(flags["basis"]).toMatchObject({ defaultDescription: "chebyshev", describe: "(taylor, chebyshev)" });
	expect(flags["B"]?.describe).toContain("[required]");
});

test("text is read as the schema's types, with its defaults; other flags are not looked at", () => {
	expect(readFlags(schema, { B: "2^-1", degree: "4", centre: true, out: "x" })).toEqual({
		B: 0.5,
		degree: 4,
		maxRank: 50,
		basis: "chebyshev",
		centre: true,
	});
});

test("fixed values need not be given", () => {
	expect(readFlags(schema, { B: "1" }, { basis: "taylor" }).basis).toBe("taylor");
});

test.each([
	[{}, {}, "--B is missing; see --help"],
	[{ B: "one" }, {}, "--B must be a number, got one"],
	[{ B: "0" }, {}, "--B must be > 0, got 0"],
	[{ B: "1e999" }, {}, "--B must be a finite number, got Infinity"],
	[{ B: "1", degree: "-1" }, {}, "--degree must be >= 0, got -1"],
	[{ B: "1", degree: "1.5" }, {}, "--degree must be a whole number, got 1.5"],
	[{ B: "1", "max-rank": "101" }, {}, "--max-rank must be <= 100, got 101"],
	[{ B: "1", basis: "fourier" }, {}, "--basis must be one of taylor, chebyshev, got fourier"],
	[{ B: ["1", "2"] }, {}, "--B is given 2 times"],
	[{ B: "1", basis: "taylor" }, { basis: "taylor" }, "--basis is fixed to taylor by the name of the algorithm"],
])("%j with %j fixed is refused", (given, fixed, line) => {
	expect(() => readFlags(schema, given, fixed)).toThrow(new UsageError(line));
});

test("flags are described as data", () => {
	expect(describeFlags(schema)[0]).toEqual({ flag: "degree", type: "integer", summary: "degree of the polynomial" });
	expect(describeFlags(schema)[2]).toEqual({
		flag: "basis",
		type: "choice",
		values: ["taylor", "chebyshev"],
		default: "chebyshev",
	});
});
