import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { builds } from "./src/runtime/builds.ts";
import { unroll } from "./unroll.ts";

/** A kernel as its source declares it. */
interface DeclaredKernel {
	readonly name: string;
	readonly comment: string;
	/** `name: type` each, after the scratch. */
	readonly parameters: readonly string[];
	readonly result: string;
	/** Whether there is one for each number type, named NAME64 and NAME32. */
	readonly typed: boolean;
}

/** A struct in memory: its fields, four bytes each, in the order of its source. */
interface DeclaredStruct {
	readonly name: string;
	readonly fields: readonly string[];
}

/** Types that a kernel takes and gives. A C kernel has `uint32_t`, `int32_t`, `double`, `void` for them. */
const TYPES = ["usize", "i32", "f64", "void"];

interface DeclarationOptions {
	readonly numbers?: Readonly<Record<string, number>> | undefined;
	readonly constants?: string | undefined;
	readonly from: string;
	readonly depth: number;
}

/**
 * The TypeScript of a module of kernels: an object that says the parameters of each exported function, read from
 * `kernels/NAME.ts` and the files that it exports from, and the fields of each `@unmanaged` class of its own files.
 * Functions NAME64 and NAME32 become one kernel, NAME.
 * @param numbers values that the sources use by name
 * @param constants path within the package of a file that some of them are from
 * @param from where the object's type is imported from
 * @param depth folders from the package to the file
 * @throws Error for a kernel that cannot be called from outside: no `scratch` first, another type than those of `TYPES`, a pair that differs
 */
export async function declareKernels(
	folder: string,
	name: string,
	{ numbers, constants, from, depth }: DeclarationOptions,
): Promise<string> {
	const files = new Map<string, string>();
	await readSources(folder, `kernels/${name}.ts`, { ...builds.simd.constants, ...numbers }, files);
	const kernels = pairs(exportsOf(`kernels/${name}.ts`, files));
	const structs = [...files.values()].flatMap(structsOf);
	return [
		`// Made from kernels/${name}.ts by npm run build. Change the kernel, not this file.`,
		`import { kernelModule } from "${from}";`,
		"",
		`/** The kernels of \`kernels/${name}.ts\`. */`,
		`export const ${name}Kernels = kernelModule({`,
		`\tname: "${name}",`,
		`\tfolder: new URL("${"../".repeat(depth)}", import.meta.url),`,
		...(constants === undefined ? [] : [`\tconstants: "${constants}",`]),
		"\tkernels: {",
		...kernels.flatMap(kernelLines),
		"\t},",
		...(structs.length > 0 ? ["\tstructs: {", ...structs.map(structLine), "\t},"] : ["\tstructs: {},"]),
		"});",
		"",
	].join("\n");
}

function kernelLines({ name, comment, parameters, result, typed }: DeclaredKernel): string[] {
	return [
		...comment.split("\n").flatMap((line) => (line.trim() ? [`\t\t${line}`] : [])),
		`\t\t${name}: {`,
		list("\t\t\t", "parameters", parameters),
		`\t\t\tresult: "${result}",`,
		`\t\t\ttyped: ${typed},`,
		"\t\t},",
	];
}

const structLine = ({ name, fields }: DeclaredStruct): string => list("\t\t", name, fields);

/** A property with a list of strings, as the formatter writes it: on one line where it fits into 120 columns. */
function list(indent: string, name: string, words: readonly string[]): string {
	const quoted = words.map((word) => `"${word}"`);
	const line = `${name}: [${quoted.join(", ")}],`;
	if (2 * indent.length + line.length <= 120) return indent + line;
	return [`${indent}${name}: [`, ...quoted.map((word) => `${indent}\t${word},`), `${indent}],`].join("\n");
}

/** Reads a source, and those of the package that it imports, with the additions of `unroll` written out. */
async function readSources(
	folder: string,
	file: string,
	numbers: Readonly<Record<string, number>>,
	files: Map<string, string>,
): Promise<void> {
	if (files.has(file)) return;
	const text = unroll((await readFile(join(folder, file), "utf8")).replaceAll("\r\n", "\n"), numbers);
	files.set(file, text);
	for (const [, other] of text.matchAll(/ from "(\.\/[^"]+)"/g))
		await readSources(folder, fileOf(file, other), numbers, files);
}

const fileOf = (importer: string, path: string): string => `${join(dirname(importer), path)}.ts`;

/** Functions that a source exports, its own and those of others that it passes on. */
function exportsOf(file: string, files: ReadonlyMap<string, string>): DeclaredKernel[] {
	const text = files.get(file) ?? "";
	const passedOn = [...text.matchAll(/^export \{([^}]*)\} from "(\.\/[^"]+)"/gm)].flatMap(([, names, path]) => {
		const wanted = names.split(",").map((word) => word.trim());
		return exportsOf(fileOf(file, path), files).filter(({ name }) => wanted.includes(name));
	});
	const own = [
		...text.matchAll(/^((?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?)export function (\w+)\(([^)]*)\): (\w+) \{/gm),
	].map(([, comment, name, list, result]) => declared(file, name, comment, list, result));
	return [...passedOn, ...own];
}

function declared(file: string, name: string, comment: string, list: string, result: string): DeclaredKernel {
	const [scratch, ...parameters] = list.split(",").flatMap((word) => word.trim() || []);
	const problem = (what: string) => new Error(`${file}: kernel ${name} ${what}`);
	if (!/^_?scratch: usize$/.test(scratch ?? "")) throw problem("must have scratch: usize as its first parameter");
	for (const type of [...parameters.map((parameter) => parameter.split(": ")[1]), result])
		if (!TYPES.includes(type)) throw problem(`has the type ${type}, which callers cannot give (${TYPES.join(", ")})`);
	return { name, comment, parameters, result, typed: false };
}

/** The kernels of both number types as one each, in the order of the source. */
function pairs(kernels: readonly DeclaredKernel[]): DeclaredKernel[] {
	const byName = new Map(kernels.map((kernel) => [kernel.name, kernel]));
	return kernels.flatMap((kernel) => {
		const stem = kernel.name.slice(0, -2);
		const [wide, narrow] = [byName.get(`${stem}64`), byName.get(`${stem}32`)];
		if (!wide || !narrow) return kernel;
		if (kernel !== wide) return [];
		if (wide.parameters.join() !== narrow.parameters.join() || wide.result !== narrow.result)
			throw new Error(`kernels ${wide.name} and ${narrow.name} differ in what they take or give`);
		return { ...wide, name: stem, typed: true };
	});
}

/** The `@unmanaged` classes of a source. */
function structsOf(text: string): DeclaredStruct[] {
	return [...text.matchAll(/^@unmanaged\nexport class (\w+) \{\n([\s\S]*?)\n\}/gm)].map(([, name, body]) => {
		const fields = [...body.matchAll(/^\t(\w+): (\w+);/gm)].map(([, field, type]) => {
			if (type !== "i32" && type !== "usize")
				throw new Error(`struct ${name}: ${field} must be i32 or usize, got ${type}`);
			return `${field}: ${type}`;
		});
		return { name, fields };
	});
}
