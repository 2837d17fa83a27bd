/**
 * A command as a user could write it, for tests of the exchange. Called `node command-double.ts MANNER PROBLEM GRADIENT`:
 * the manner says how it behaves.
 */
import { writeFileSync } from "node:fs";
import { encodeNpy, readProblem } from "@attgrad/attention-problem";
import { denseGradient } from "@attgrad/exact-gradient";
import { Matrix } from "@attgrad/matrix-core";

const [, , manner, problemPath, gradientPath] = process.argv as [string, string, string, string, string];
const { problem } = await readProblem(problemPath);
const { gradient, loss } = denseGradient(problem);
const { d } = problem;

const write = (matrix: Matrix) => writeFileSync(gradientPath, encodeNpy(matrix));
const filled = (rows: number, cols: number, value: number) => Matrix.build(rows, cols, () => value);
const say = (answer: object) => console.log(JSON.stringify(answer));

const manners: Readonly<Record<string, () => void>> = {
	good() {
		write(gradient);
		say({ milliseconds: [3, 1, 2], loss, threads: Number(process.env["ATTGRAD_THREADS"]) });
	},
	terse() {
		write(gradient);
		say({ milliseconds: 7 });
	},
	noisy() {
		write(gradient);
		console.log('loading…\n{"milliseconds": "many"}\u0000\u001b[2J');
		say({ milliseconds: 7, loss });
		console.log("");
	},
	wrong() {
		write(Matrix.build(d, d, (i, j) => gradient.at(i, j) + 1e-3));
		say({ milliseconds: 7, loss });
	},
	single() {
		write(gradient.as("f32"));
		say({ milliseconds: 7, loss });
	},
	"wrong-shape"() {
		write(filled(d, d + 1, 0));
		say({ milliseconds: 7, loss });
	},
	"not-a-number"() {
		write(filled(d, d, Number.NaN));
		say({ milliseconds: 7, loss });
	},
	"cut-short"() {
		writeFileSync(gradientPath, encodeNpy(gradient).subarray(0, -8));
		say({ milliseconds: 7, loss });
	},
	hungry() {
		const kept: Buffer[] = [];
		setInterval(() => kept.push(Buffer.alloc(64e6, 1)), 5);
	},
	printing() {
		const line = "x".repeat(65_536);
		for (let i = 0; i < 200; i++) console.log(line);
		manners["good"]();
	},
};

manners[manner]();
