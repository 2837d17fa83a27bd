import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { kernelConstants } from "./kernel-constants.ts";

const folder = join(import.meta.dirname, "../../../kernels");
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
	.filter((file) => file.endsWith(".ts"))
	.map((file) => {
		const text = readFileSync(join(folder, file), "utf8");
		return { file, text, code: withoutComments(text) };
	});

function withoutComments(text: string): string {
	return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
}

describe("lengths that the kernels are built with", () => {
	test("a kernel declares no length of its own: only modes, which are 0, 1 or 2, are numbers", () => {
		const own = sources.flatMap(({ file, code }) =>
			[...code.matchAll(/^(?:export )?(?:const|let) (\w+)(?:: \w+)? = (?:<\w+>)?(\d+)(?: \*\* \d+)?;/gm)]
				.filter(([, , value]) => Number(value) > 2)
				.map(([, name, value]) => `${file}: ${name} = ${value}`),
		);
		expect(own).toEqual([]);
	});

	test.each(Object.keys(kernelConstants))("%s is used by a kernel", (name) => {
		// A length may be used by a line that is unrolled so many times, which says so in a comment.
		const users = sources.filter(({ code, text }) =>
			new RegExp(`\\b${name}\\b`).test(code + (text.match(/\/\/ unroll .*/g)?.join("") ?? "")),
		);
		expect(users.map(({ file }) => file)).not.toEqual([]);
	});

	test("no source of this package has a copy of the length of a run", () => {
		const src = join(import.meta.dirname, "../..");
		const copies = readdirSync(src, { recursive: true, encoding: "utf8" })
			.filter((file) => file.endsWith(".ts") && !file.includes(".test.") && !file.endsWith("kernel-constants.ts"))
			.filter((file) => /\b48\b/.test(withoutComments(readFileSync(join(src, file), "utf8"))));
		expect(copies).toEqual([]);
	});
});
