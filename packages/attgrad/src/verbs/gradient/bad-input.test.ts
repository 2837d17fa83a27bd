import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { referencePath } from "@attgrad/attention-problem/testing";
import { expect, test } from "vitest";
import { archiveBytes, doubles, npyBytes, soundArrays, writeArchive } from "../../testing/archives.ts";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();
const sound = writeArchive(join(folder, "sound.npz"), soundArrays());

/** A problem file whose arrays are the sound ones but for those given; null leaves one out. */
function problem(name: string, changed: Record<string, ReturnType<typeof doubles> | null>): string {
	const arrays = Object.entries({ ...soundArrays(), ...changed }).filter(([, array]) => array !== null);
	return writeArchive(join(folder, `${name}.npz`), Object.fromEntries(arrays) as ReturnType<typeof soundArrays>);
}

function file(name: string, bytes: Uint8Array): string {
	writeFileSync(join(folder, name), bytes);
	return join(folder, name);
}

const zeros = (shape: number[]) => doubles(shape, () => 0);
const bytes = archiveBytes(soundArrays());
mkdirSync(join(folder, "empty"));
execFileSync("mkfifo", [join(folder, "pipe.npy")]);

/** The sound problem as a folder. */
const apart = join(folder, "apart");
mkdirSync(apart);
for (const [name, array] of Object.entries(soundArrays())) writeFileSync(join(apart, `${name}.npy`), npyBytes(array));

/** A sound problem of width 8. */
const wide = writeArchive(
	join(folder, "width-8.npz"),
	Object.fromEntries(
		Object.keys(soundArrays()).map((name) => [name, doubles(/[XY]/.test(name) ? [8, 8] : [4, 8], Math.sin)]),
	),
);

/** A problem with n = 2048. */
const large = referencePath("n2048-d4");

/** The mistake, the words of the call, and the names that the one line must contain. */
const refused: [what: string, words: string[], names: RegExp][] = [
	["a matrix of a wrong shape", [problem("wide", { A2: zeros([4, 3]) })], /wide\.npz.*A2.*4 x 2.*\(4, 3\)/],
	["X that is not d x d", [problem("x", { X: zeros([4, 2]) })], /X.*2 x 2/],
	["a missing array", [problem("missing", { E: null })], /missing\.npz.*missing array: E/],
	["an array too many", [problem("extra", { A4: zeros([4, 2]) })], /extra\.npz.*unknown array: A4/],
	["an entry that is NaN", [problem("nan", { A3: doubles([4, 2], (i) => (i === 5 ? Number.NaN : i)) })], /A3.*NaN/],
	["an entry that is infinite", [problem("inf", { Y: doubles([2, 2], (i) => 1 / i) })], /Y.*Infinity/],
	["an object dtype", [problem("object", { A1: { ...zeros([4, 2]), descr: "|O" } })], /A1.*(object|\|O)/],
	[
		"a complex dtype",
		[problem("complex", { A1: { ...zeros([8, 2]), descr: "<c16", shape: [4, 2] } })],
		/A1.*(complex|c16)/,
	],
	[
		"n = 0",
		[problem("none", { A1: zeros([0, 2]), A2: zeros([0, 2]), A3: zeros([0, 2]), E: zeros([0, 2]) })],
		/A1.*\(0, 2\)/,
	],
	["a scale of 0", [problem("scale", { scale: zeros([]) })], /scale.*> 0/],
	["a truncated archive", [file("cut.npz", bytes.subarray(0, bytes.length - 40))], /cut\.npz/],
	["an archive cut within an array", [file("half.npz", bytes.subarray(0, bytes.length / 2))], /half\.npz/],
	["a file that is no archive", [file("text.npz", Buffer.from("A1 A2 A3"))], /text\.npz/],
	["an empty file", [file("zero.npz", new Uint8Array())], /zero\.npz/],
	[
		"bytes that do not fit the header",
		[problem("long", { A1: { ...zeros([4, 2]), data: new Uint8Array(80) } })],
		/long\.npz.*A1/,
	],
	[
		"an entry that inflates to 300 MB",
		[problem("bomb", { E: { ...zeros([4, 2]), data: new Uint8Array(3e8) } })],
		/bomb\.npz.*E/,
	],
	["a file that is not there", [join(folder, "nothing.npz")], /nothing\.npz.*no such file/],
	["a folder without arrays", [join(folder, "empty")], /empty/],
	["no file", [], /<problem> is missing/],
	["two files", [sound, sound], /unexpected argument/],
	["an unknown option", [sound, "--epsilo", "1"], /unknown option: --epsilo \(did you mean --epsilon\?\)/],
	["an option without its value", [sound, "--epsilon"], /--epsilon needs a value/],
	["a value of a switch", [sound, "--json=maybe"], /--json takes no value, got maybe/],
	["an option given twice", [sound, "--dtype", "f64", "--dtype", "f32"], /--dtype is given 2 times/],
	["an unknown algorithm", [sound, "--algorithm", "magic"], /unknown algorithm: magic/],
	["an unknown variant", [sound, "--algorithm", "polynomial/magic"], /magic.*moment/],
	[
		"an option of another algorithm",
		[sound, "--algorithm", "streaming", "--degree", "3"],
		/streaming has no option --degree/,
	],
	[
		"an option that auto does not have",
		[sound, "--degree", "3"],
		/auto has no option --degree \(it has --epsilon, --relative\); it is an option of .*polynomial/,
	],
	[
		"an option that the variant fixes",
		[sound, "--algorithm", "polynomial/paper", "--route", "moment"],
		/--route is fixed/,
	],
	["epsilon = 0", [sound, "--epsilon", "0"], /--epsilon must be > 0, got 0/],
	["epsilon < 0", [sound, "--algorithm", "polynomial", "--epsilon", "-1e-3"], /--epsilon must be > 0, got -0\.001/],
	["an epsilon that is no number", [sound, "--epsilon", "tiny"], /--epsilon must be a number, got tiny/],
	["a degree below 0", [sound, "--algorithm", "polynomial", "--degree", "-1"], /--degree must be >= 0, got -1/],
	["a degree that is not whole", [sound, "--algorithm", "polynomial", "--degree", "2.5"], /--degree.*whole number/],
	["both degree and epsilon", [sound, "--algorithm", "polynomial", "--degree", "3", "--epsilon", "1"], /not several/],
	["both epsilon and relative", [sound, "--relative", "1e-3", "--epsilon", "1"], /not several/],
	["a relative error of 0", [sound, "--relative", "0"], /--relative must be > 0, got 0/],
	["a relative error of 1", [sound, "--relative", "1"], /--relative must be < 1, got 1/],
	[
		"a relative error of what proves none",
		[sound, "--algorithm", "exact", "--relative", "0.1"],
		/streaming has no option --relative/,
	],
	["more features than fit in memory", [wide, "--algorithm", "polynomial", "--degree", "170"], /degree 170.*bytes/],
	["a problem that the algorithm does not take", [large, "--algorithm", "definition"], /definition.*use streaming/],
	[
		"an unknown basis",
		[sound, "--algorithm", "polynomial", "--basis", "fourier"],
		/--basis must be one of .*chebyshev.*fourier/,
	],
	["0 threads", [sound, "--threads", "0"], /--threads must be >= 1/],
	["an unknown kernel", [sound, "--kernel", "abacus"], /kernel.*abacus/],
	["an unknown dtype", [sound, "--dtype", "f16"], /--dtype must be one of f64, f32, got f16/],
	["a folder that is not there", [sound, "--out", join(folder, "no", "g.npy")], /cannot write .*no.g\.npy: its folder/],
	[
		"a file in the place of a folder",
		[sound, "--out", join(sound, "x.npy")],
		/cannot write .*sound\.npz.x\.npy: .*sound\.npz is a file, not a folder$/m,
	],
	[
		"a file far above the output file",
		[sound, "--out", join(sound, "a", "b", "x.npy")],
		/cannot write .*x\.npy: .*sound\.npz is a file, not a folder$/m,
	],
	["a folder that takes no files", [sound, "--out", "/proc/g.npy"], /cannot write \/proc\/g\.npy/],
	[
		"a problem that is wrong, with an output file",
		[problem("out", { E: null }), "--out", join(folder, "g.npy")],
		/missing array: E/,
	],
	["a folder as output file", [sound, "--out", folder], /cannot write .*is a folder/],
	["the problem as output file", [sound, "--out", sound], /--out must end in \.npy/],
	[
		"a part of the problem as output file",
		[apart, "--out", join(apart, "A1.npy")],
		/cannot write .*A1\.npy.*read from/,
	],
	["a pipe as output file", [sound, "--out", join(folder, "pipe.npy")], /cannot write .*pipe\.npy.*a pipe/],
	[
		"more random features than fit in memory",
		[sound, "--algorithm", "random-features", "--features", "1e12"],
		/1000000000000 features .*lower features/,
	],
];

const before = readdirSync(folder).sort();

test.concurrent.each(refused)("gradient refuses %s in one line", async (_what, words, names) => {
	const { code, stdout, stderr } = await attgrad(["gradient", ...words]);
	expect(stderr).toMatch(names);
	expect(stderr).toMatch(/^attgrad gradient: [^\n]+\n$/);
	expect(stdout).toBe("");
	expect(code).toBe(2);
});

test("a refused call has written nothing", () => {
	expect(readdirSync(folder).sort()).toEqual(before);
});
