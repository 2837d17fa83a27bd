import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** The identity of a processor. The generations of one name differ in family and model, and in instructions. */
export interface Processor {
	/** Of the maker: `AMD EPYC`. */
	readonly name: string;
	/** Family and model as x86 numbers them; absent elsewhere. */
	readonly family?: number;
	readonly model?: number;
	/** Instructions that the kernels profit from and the processor has. */
	readonly flags: readonly string[];
}

/** Instructions that decide how fast the kernels are. */
const telling = ["sse4_1", "avx", "fma", "avx2", "avx512f", "avx512_vnni", "asimd", "sve"];

/** Reads the processor from what Linux tells; elsewhere its name alone. */
export function readProcessor(): Processor {
	const name = cpus()[0]?.model.replace(/\s+/g, " ").trim() ?? "";
	try {
		return { ...parseCpuInfo(readFileSync("/proc/cpuinfo", "utf8")), name };
	} catch {
		return { name, flags: [] };
	}
}

/** Family, model and telling instructions of the first processor in the text of /proc/cpuinfo. */
export function parseCpuInfo(text: string): Omit<Processor, "name"> {
	const [first = ""] = text.split(/\n\s*\n/);
	const field = (label: string) => new RegExp(String.raw`^${label}\s*:\s*(.*)$`, "m").exec(first)?.[1]?.trim();
	const [family, model] = [field("cpu family"), field("model")].map(Number);
	const flags = new Set((field("flags") ?? field("Features") ?? "").split(/\s+/));
	return {
		...(Number.isInteger(family) && { family }),
		...(Number.isInteger(model) && { model }),
		flags: telling.filter((flag) => flags.has(flag)),
	};
}

/** `AMD EPYC (family 25, model 17, avx512f)`: of the instructions the last, which stands for those before it. */
export function describeProcessor({ name, family, model, flags }: Processor): string {
	const widest = flags.filter((flag) => flag !== "avx512_vnni").at(-1);
	const parts = [
		family !== undefined && `family ${family}`,
		model !== undefined && `model ${model}`,
		family !== undefined && widest,
	].filter((part) => part !== false && part !== undefined);
	return parts.length > 0 ? `${name} (${parts.join(", ")})` : name;
}
