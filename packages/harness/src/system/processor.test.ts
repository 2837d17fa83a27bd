import { expect, test } from "vitest";
import { describeProcessor, parseCpuInfo, readProcessor } from "./processor.ts";

const cpuinfo = (family: number, model: number, flags: string) =>
	`processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: ${family}\nmodel\t\t: ${model}\nmodel name\t: AMD EPYC\nflags\t\t: ${flags}\n\nprocessor\t: 1\ncpu family\t: 1\n`;

test("family, model and telling instructions are those of the first processor", () => {
	expect(parseCpuInfo(cpuinfo(25, 17, "fpu sse4_1 avx fma avx2 avx512f avx512_vnni"))).toEqual({
		family: 25,
		model: 17,
		flags: ["sse4_1", "avx", "fma", "avx2", "avx512f", "avx512_vnni"],
	});
	expect(parseCpuInfo("processor\t: 0\nFeatures\t: fp asimd sve\n")).toEqual({ flags: ["asimd", "sve"] });
	expect(parseCpuInfo("")).toEqual({ flags: [] });
});

test("two generations of one name are told apart", () => {
	const [older, newer] = [cpuinfo(23, 49, "sse4_1 avx fma avx2"), cpuinfo(25, 17, "sse4_1 avx fma avx2 avx512f")].map(
		(text) => describeProcessor({ name: "AMD EPYC", ...parseCpuInfo(text) }),
	);
	expect([older, newer]).toEqual(["AMD EPYC (family 23, model 49, avx2)", "AMD EPYC (family 25, model 17, avx512f)"]);
	expect(describeProcessor({ name: "Apple M3", flags: [] })).toBe("Apple M3");
});

test("this machine's processor has a name", () => {
	expect(typeof readProcessor().name).toBe("string");
});
