import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { promisify } from "node:util";
import { pythonWith } from "@attgrad/algorithms";
import { cacheFolder } from "@attgrad/approx-gradient";
import { machineWarnings } from "@attgrad/harness";
import {
	availableKernels,
	availableMemory,
	kernelNames,
	kernelsAreBuilt,
	present,
	processorCount,
	totalMemory,
} from "@attgrad/matrix-core";

/** Something that a machine may have. */
export interface Finding {
	readonly name: string;
	readonly found: boolean;
	/** Its version, or the feature that is missing without it. */
	readonly detail: string;
}

/** A machine's capabilities, and conditions that would distort its measurements. */
export interface Examination {
	readonly findings: readonly Finding[];
	readonly warnings: readonly string[];
}

/** Programs that some parts can use, each with how it tells its version and what it is for. */
const programs = (): readonly {
	name: string;
	commands: readonly (readonly [program: string, ...words: string[]])[];
	use: string;
}[] => [
	{
		name: "browser",
		commands: [[process.env["CHROMIUM"] ?? "chromium", "--version"]],
		use: "reports are opened in any; the tests of the report use chromium",
	},
	{ name: "python", commands: [["python3", "--version"]], use: "algorithms of your own in Python" },
	{
		name: "numpy",
		commands: [[pythonWith("numpy"), "-c", "import numpy; print(numpy.__version__)"]],
		use: "the peer numpy in sweeps",
	},
	{
		name: "torch",
		commands: [[pythonWith("numpy", "torch"), "-c", "import torch; print(torch.__version__)"]],
		use: "the peer torch in sweeps",
	},
	{
		name: "onnxruntime",
		commands: [
			[pythonWith("numpy", "onnx", "onnxruntime"), "-c", "import onnx, onnxruntime; print(onnxruntime.__version__)"],
		],
		use: "the peer onnxruntime in sweeps",
	},
	{ name: "slurm", commands: [["sbatch", "--version"]], use: "sweeps as job arrays; sbatch needs a slurm.conf" },
	{
		name: "SAT solver",
		commands: [
			["kissat", "--version"],
			["cadical", "--version"],
			["minisat", "--help"],
		],
		use: "tests compare attgrad solve with one",
	},
];

/** Looks at this machine: a second or two. */
export async function examineMachine(): Promise<Examination> {
	const kernels = await availableKernels();
	const warnings = await machineWarnings();
	const fastest = present(kernels.at(-1), "a kernel that runs here");
	const [processor] = cpus();
	const missing = kernelsAreBuilt() ? "not here" : "not built (npm run build makes it)";
	const findings: Finding[] = [
		{ name: "node", found: true, detail: `${process.versions.node}, V8 ${process.versions.v8}` },
		{
			name: "processor",
			found: true,
			detail: `${processor?.model.trim() || process.arch}, ${processorCount()} threads at once`,
		},
		{ name: "memory", found: true, detail: `${gibibytes(totalMemory())}, ${gibibytes(availableMemory())} free` },
		...kernelNames.map((name) => {
			const found = kernels.includes(name);
			return { name: `kernel ${name}`, found, detail: found ? kernelWords[name] : `${kernelWords[name]}: ${missing}` };
		}),
		{ name: "default kernel", found: true, detail: fastest },
		...(await Promise.all(programs().map(findProgram))),
		{ name: "cache", found: existsSync(cacheFolder()), detail: cacheFolder() },
	];
	return { findings, warnings };
}

/** A description of each kernel. */
const kernelWords: Readonly<Record<(typeof kernelNames)[number], string>> = {
	js: "plain TypeScript",
	simd: "WebAssembly with 128-bit vectors",
	fma: "WebAssembly with fused multiply-add, 128-bit vectors",
	fma256: "the same, its vectors joined to 256 bits by V8 (revectorised); here if a probe is 1.25 times as fast",
};

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** The first of a program's commands that runs tells what it is. */
async function findProgram({ name, commands, use }: ReturnType<typeof programs>[number]): Promise<Finding> {
	for (const [command, ...words] of commands) {
		const output = await firstLine(command, words);
		if (output === undefined) continue;
		const [version] = /\d+(\.\d+)+/.exec(output) ?? [];
		return {
			name,
			found: true,
			detail: [command === "python3" ? undefined : command, version].filter(Boolean).join(" "),
		};
	}
	return { name, found: false, detail: `not here (${use})` };
}

/** The first line that a program prints; undefined where it does not run. */
async function firstLine(command: string, words: readonly string[]): Promise<string | undefined> {
	try {
		const { stdout, stderr } = await promisify(execFile)(command, [...words], { timeout: 20_000 });
		return (stdout || stderr).trim().split("\n")[0] ?? "";
	} catch {
		return undefined;
	}
}

/** The examination for people. */
export function describeExamination({ findings, warnings }: Examination): string {
	const width = Math.max(...findings.map(({ name }) => name.length));
	const lines = findings.map(({ name, found, detail }) => `${found ? "yes" : "no "}  ${name.padEnd(width)}  ${detail}`);
	return [...lines, ...(warnings.length > 0 ? ["", ...warnings] : ["", "nothing would disturb measurements"])].join(
		"\n",
	);
}
