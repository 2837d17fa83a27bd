import { expect, test } from "vitest";
import { UsageError } from "../errors.ts";
import {
	choice,
	choices,
	flag,
	many,
	positiveNumber,
	positiveNumbers,
	required,
	text,
	wholeNumber,
	wholeNumbers,
} from "./argument.ts";
import { readArguments } from "./read-arguments.ts";

const script = {
	call: "node tools/measure.ts",
	summary: "Measures.",
	positionals: { count: wholeNumber("runs", { default: 10, most: 1000 }) },
	options: {
		n: wholeNumbers("tokens", { default: [4096] }),
		seed: wholeNumber("first seed", { least: 0 }),
		scale: positiveNumber("part of n", { default: 1 }),
		B: positiveNumbers("bounds", { default: [0.5, 1] }),
		kernel: choice("kernel", ["js", "simd", "fma"]),
		parts: choices("parts", ["cost", "bounds"]),
		out: text("folder", { form: "path", default: "results" }),
		write: flag("write the table"),
		"no-open": flag("open no page"),
	},
};

const usual = {
	count: 10,
	n: [4096],
	seed: undefined,
	scale: 1,
	B: [0.5, 1],
	kernel: undefined,
	parts: ["cost", "bounds"],
	out: "results",
	write: false,
	"no-open": false,
};

test.each([
	["", {}],
	["7", { count: 7 }],
	["--n 8,16 7 --seed=0", { n: [8, 16], count: 7, seed: 0 }],
	["--n 1e3 --n 2e3", { n: [2000] }],
	["--scale 0.25 --B 2,.5", { scale: 0.25, B: [2, 0.5] }],
	["--kernel fma --parts bounds", { kernel: "fma", parts: ["bounds"] }],
	["--out here --write --no-open", { out: "here", write: true, "no-open": true }],
	["-- 7", { count: 7 }],
	["--n 8 --bogus --help", "help"],
	["-h", "help"],
])("the values of %j", (words, values) => {
	const read = readArguments(script, words.split(" ").filter(Boolean));
	expect(read).toEqual(typeof values === "string" ? values : { ...usual, ...values });
});

test.each([
	[["--bogus"], "unknown option: --bogus (see --help)"],
	[["--sed", "3"], "unknown option: --sed (did you mean --seed?)"],
	[["--hlp"], "unknown option: --hlp (did you mean --help?)"],
	[["-n", "3"], "unknown option: -n (did you mean --n?)"],
	[["--toString"], "unknown option: --toString (see --help)"],
	[["--n"], "--n needs a value"],
	[["--n", "--write"], "--n needs a value"],
	[["--write=3"], "--write takes no value, got 3"],
	[["x"], "count must be a whole number from 1 to 1000, got x"],
	[["1001"], "count must be a whole number from 1 to 1000, got 1001"],
	[["0"], "count must be a whole number from 1 to 1000, got 0"],
	[["3", "4", "5"], "unexpected argument: 4 (see --help)"],
	[["--n", ""], '--n must be a whole number >= 1, got ""'],
	[["--n", "8,"], '--n must be a whole number >= 1, got ""'],
	[["--n", "8,2.5"], "--n must be a whole number >= 1, got 2.5"],
	[["--n", "abc"], "--n must be a whole number >= 1, got abc"],
	[["--seed", "-1"], "--seed must be a whole number >= 0, got -1"],
	[["--seed", "1e300"], "--seed must be a whole number >= 0, got 1e300"],
	[["--scale", "0"], "--scale must be a number > 0, got 0"],
	[["--scale", "Infinity"], "--scale must be a number > 0, got Infinity"],
	[["--B", "1,NaN"], "--B must be a number > 0, got NaN"],
	[["--kernel", "foo"], "unknown value of --kernel: foo (known: js, simd, fma)"],
	[["--kernel", "sidm"], "unknown value of --kernel: sidm (known: js, simd, fma)"],
	[["--parts", "cost,bound"], "unknown value of --parts: bound (did you mean bounds?)"],
	[["--parts", ""], 'unknown value of --parts: "" (known: cost, bounds)'],
	[["--out", ""], "--out must not be empty"],
])("%j is refused", (words, message) => {
	expect(() => readArguments(script, words)).toThrow(new UsageError(message));
});

test("a required word is missed, and words that are left belong to an argument of many", () => {
	const page = { ...script, positionals: { page: required(text("page")), files: many(text("files")) } };
	expect(readArguments(page, ["a", "b", "c"])).toMatchObject({ page: "a", files: ["b", "c"] });
	expect(() => readArguments(page, [])).toThrow(new UsageError("page is missing; see --help"));
	expect(() => readArguments(page, ["a"])).toThrow(new UsageError("files is missing; see --help"));
});

test("values have the types of their declarations", () => {
	const values = readArguments(script, []);
	if (values === "help") throw new Error("no help was asked for");
	const n: readonly number[] = values.n;
	const seed: number | undefined = values.seed;
	// @ts-expect-error an option without a default may be undefined
	const number: number = values.seed;
	const kernel: "js" | "simd" | "fma" | undefined = values.kernel;
	const parts: readonly ("cost" | "bounds")[] = values.parts;
	expect([n, seed, number, kernel, parts]).toHaveLength(5);
});
