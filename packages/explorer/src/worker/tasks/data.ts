import { auto, autoBackward, backwardPolynomial, polynomial } from "@attgrad/approx-gradient";
import {
	type AttentionProblem,
	type BackwardProblem,
	type BackwardResult,
	boundMet,
	computeGradient,
	encodeArray,
	encodeNpy,
	generateProblem,
	holdsOperands,
	type MaskName,
	openBackwardProblem,
	openProblem,
	provedRelative,
	refuseUnless,
	shapesOf,
} from "@attgrad/attention-problem";
import { backwardStreaming, streaming } from "@attgrad/exact-gradient";
import {
	frobeniusNorm,
	type Matrix,
	maxAbs,
	type RowSource,
	type Runtime,
	shortNumber,
	UsageError,
} from "@attgrad/matrix-core";

/** The method that computes the gradient of a file. */
export type Method = "auto" | "exact" | "polynomial";

/** A file to compute the gradient of. */
export interface AnswerRequest {
	/** The bytes of an `.npz` archive; absent for the example. */
	readonly file?: { readonly name: string; readonly bytes: Uint8Array };
	readonly method: Method;
	/** Error that is to be proved, where the method is not exact. */
	readonly epsilon: number;
	/** Mask of a layer. */
	readonly mask: MaskName;
}

/** The gradient of a file, in words and as files. */
export interface FileAnswer {
	/** The content of the file: a problem of the paper, or a layer Q, K, V with dO. */
	readonly kind: "problem" | "layer";
	/** Lines of the answer, as the command prints them. */
	readonly lines: readonly (readonly [label: string, text: string])[];
	/** The first gradient as a picture. */
	readonly picture: {
		readonly name: string;
		readonly rows: number;
		readonly cols: number;
		readonly data: Float64Array;
	};
	/** The gradients as `.npy` files. */
	readonly downloads: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

/** The example where no file is given. */
const example = { distribution: "uniform", n: 4096, d: 4, B: 1, seed: 1 } as const;

/** Computes the gradient of a file: dL/dX of a problem, dQ, dK and dV of a layer. @throws UsageError naming file and array */
export async function answerData(request: AnswerRequest, runtime: Runtime): Promise<FileAnswer> {
	const { file } = request;
	if (!file) return answerProblem(generateProblem(example), request, runtime);
	if (holdsOperands(file)) {
		const { operands, close } = await openBackwardProblem(file, { mask: request.mask });
		try {
			return await answerLayer(operands, request, runtime);
		} finally {
			close();
		}
	}
	const { problem, close } = await openProblem(file);
	try {
		return await answerProblem(problem, request, runtime);
	} finally {
		close();
	}
}

async function answerProblem(
	problem: AttentionProblem<RowSource>,
	{ method, epsilon }: AnswerRequest,
	runtime: Runtime,
): Promise<FileAnswer> {
	const start = performance.now();
	const result =
		method === "exact"
			? await computeGradient(streaming, problem, {}, runtime)
			: method === "auto"
				? await computeGradient(auto, problem, { epsilon }, runtime)
				: await computeGradient(polynomial, problem, { epsilon }, runtime);
	const milliseconds = performance.now() - start;
	const { gradient, loss, degree, rank, certificate, picked } = result;
	const { n, d, scale, A1 } = problem;
	const { B } = boundMet(problem);
	return {
		kind: "problem",
		lines: present([
			["algorithm", picked ? `${picked.algorithm}: ${picked.why}` : method === "exact" ? "streaming" : method],
			["problem", `n ${n}, d ${d}, B ${shortNumber(B)}, scale ${shortNumber(scale)}, ${A1.dtype}`],
			["B / √ln n", n > 1 && shortNumber(B / Math.sqrt(Math.log(n)))],
			["polynomial", degree !== undefined && `degree ${degree}, rank ${rank}`],
			["loss", `${loss}`],
			[
				"gradient",
				`largest entry ${shortNumber(maxAbs(gradient))}, Frobenius norm ${shortNumber(frobeniusNorm(gradient))}`,
			],
			[
				"certificate",
				certificate &&
					certificate.kind !== "none" &&
					Number.isFinite(certificate.bound) &&
					`no entry is off by more than ${shortNumber(certificate.bound)} (${certificate.kind}; radius ${shortNumber(certificate.radius)}, relative error of exp ${shortNumber(certificate.relativeError)}, rounding ${shortNumber(certificate.floatFloor)})`,
			],
			["time", `${shortNumber(milliseconds)} ms, threads ${runtime.threads}, kernel ${runtime.kernel}`],
		]),
		picture: pictureOf("dL/dX", gradient),
		downloads: [{ name: "dX.npy", bytes: encodeNpy(gradient) }],
	};
}

const gradientNames = ["dQ", "dK", "dV"] as const;

async function answerLayer(
	problem: BackwardProblem<RowSource>,
	{ method, epsilon, mask }: AnswerRequest,
	runtime: Runtime,
): Promise<FileAnswer> {
	const start = performance.now();
	const result = await backward(problem, method, epsilon, runtime);
	const milliseconds = performance.now() - start;
	const { heads, n_q, n_k, d, d_v, scale, Q } = problem;
	const { degree, rank, exactRows, picked, remark } = result;
	const shapes = shapesOf(problem);
	return {
		kind: "layer",
		lines: present([
			[
				"algorithm",
				picked ? `${picked.algorithm}: ${picked.why}` : method === "polynomial" ? "polynomial" : "streaming",
			],
			["layer", `heads ${heads}, n_q ${n_q}, n_k ${n_k}, d ${d}, d_v ${d_v}, scale ${shortNumber(scale)}, ${Q.dtype}`],
			["mask", mask],
			["polynomial", degree !== undefined && `degree ${listed(degree)}, rank ${listed(rank)}`],
			["exact rows", exactRows !== undefined && String(exactRows)],
			...gradientNames.map(
				(name) =>
					[
						name,
						`largest entry ${shortNumber(maxAbs(result[name]))}, Frobenius norm ${shortNumber(frobeniusNorm(result[name]))}${boundText(result, name)}`,
					] as const,
			),
			["remark", remark],
			["time", `${shortNumber(milliseconds)} ms, threads ${runtime.threads}, kernel ${runtime.kernel}`],
		]),
		picture: pictureOf("dQ", result.dQ),
		downloads: gradientNames.map((name) => ({
			name: `${name}.npy`,
			bytes: joined(encodeArray({ shape: shapes[name], data: result[name].data })),
		})),
	};
}

/** A bound on the error of one gradient in words, as the command prints it; nothing where there is no proof. */
function boundText({ certificate, ...result }: BackwardResult, name: (typeof gradientNames)[number]): string {
	if (!certificate || certificate.kind === "none" || !Number.isFinite(certificate.bounds[name])) return "";
	const { kind, bounds } = certificate;
	const relative = provedRelative(bounds[name], maxAbs(result[name]));
	const share = Number.isFinite(relative) ? `, ${shortNumber(relative)} of the largest` : "";
	const what = kind === "estimate" ? "estimated error" : "no entry is off by more than";
	return `; ${what} ${shortNumber(bounds[name])}${share} (${kind})`;
}

const listed = (value: number | readonly number[] | undefined): string =>
	value === undefined ? "none" : typeof value === "number" ? String(value) : value.join(", ");

/** Bytes one after the other. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
	const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
	let at = 0;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}
	return bytes;
}

/** The gradients of a layer by a method; `auto` picks as `attgrad backward --epsilon` does. @throws UsageError where a method does not take the layer */
async function backward(
	problem: BackwardProblem<RowSource>,
	method: Method,
	epsilon: number,
	runtime: Runtime,
): Promise<BackwardResult> {
	if (method === "exact") return backwardStreaming.run(problem, {}, runtime);
	if (method === "auto") return autoBackward.run(problem, autoBackward.options.parse({ epsilon }), runtime);
	const options = backwardPolynomial.options.parse({ epsilon });
	refuseUnless(backwardPolynomial.supports(problem, options));
	return backwardPolynomial.run(problem, options, runtime);
}

/** Rows of a picture: a gradient of more is shown in part. */
const MOST_ROWS = 256;

function pictureOf(name: string, matrix: Matrix): FileAnswer["picture"] {
	const shown = matrix.rows > MOST_ROWS ? matrix.slice(0, MOST_ROWS) : matrix;
	if (shown.cols > 4 * MOST_ROWS) throw new UsageError(`${name}: ${shown.cols} columns are more than this page shows`);
	return { name, rows: shown.rows, cols: shown.cols, data: Float64Array.from(shown.data) };
}

const present = (lines: readonly (readonly [label: string, text: string | false | undefined])[]): FileAnswer["lines"] =>
	lines.flatMap(([label, text]) => (text === false || text === undefined ? [] : [[label, text] as const]));
