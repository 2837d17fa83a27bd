import { Matrix, multiply, seededRandom } from "@attgrad/matrix-core";
import { type AttentionCore, type AttentionWeights, attention, sum } from "./attention.ts";
import type { EntryBound } from "./bound-entries.ts";
import { crossEntropy, type Loss } from "./cross-entropy.ts";
import { embedding, mlp, rmsNorm } from "./layer.ts";
import { normalParameter, type Parameter, parameter } from "./parameter.ts";

/** Sizes of a language model. */
export interface ModelShape {
	readonly vocabulary: number;
	readonly layers: number;
	readonly heads: number;
	/** Width of a head; the width of the model is heads · width. */
	readonly width: number;
	/** Units of the MLP for each column of the model. @default 2 */
	readonly expansion?: number;
	readonly bound: EntryBound;
}

interface Block {
	readonly attentionGain: Parameter;
	readonly attention: AttentionWeights;
	readonly mlpGain: Parameter;
	readonly first: Parameter;
	readonly second: Parameter;
}

/** A causal language model: its parameters, named, in a fixed order. */
export interface LanguageModel {
	readonly shape: ModelShape;
	readonly embedding: Parameter;
	/** Embedding of the token before, added to that of the token: a key and the value behind it meet in one row. */
	readonly previous: Parameter;
	readonly blocks: readonly Block[];
	readonly finalGain: Parameter;
	/** Maps the last rows to logits, d_model x vocabulary. */
	readonly head: Parameter;
	readonly parameters: readonly Parameter[];
}

/** A batch of sequences of one length: tokens and targets, batch · n numbers each, sequence by sequence. */
export interface Batch {
	readonly batch: number;
	readonly n: number;
	readonly tokens: Int32Array;
	/** Index of the token that is to be predicted at each place, or `IGNORED`. */
	readonly targets: Int32Array;
}

/** A model with random weights, the same for the same seed. */
export function createModel(shape: ModelShape, seed: number): LanguageModel {
	const { vocabulary, layers, heads, width, expansion = 2 } = shape;
	const d = heads * width;
	const random = seededRandom(seed, "language model");
	const made: Parameter[] = [];
	const keep = (entry: Parameter): Parameter => {
		made.push(entry);
		return entry;
	};
	const normal = (name: string, rows: number, cols: number, deviation: number) =>
		keep(normalParameter(name, rows, cols, deviation, random));
	const gain = (name: string) =>
		keep(
			parameter(
				name,
				Matrix.build(1, d, () => 1),
			),
		);
	const embedded = normal("embedding", vocabulary, d, 1);
	const previous = normal("embedding.previous", vocabulary, d, 1);
	const residual = 1 / Math.sqrt(2 * layers * d);
	const blocks = Array.from(
		{ length: layers },
		(_, layer): Block => ({
			attentionGain: gain(`blocks.${layer}.attention.gain`),
			attention: {
				query: normal(`blocks.${layer}.attention.query`, d, d, 1 / Math.sqrt(d)),
				key: normal(`blocks.${layer}.attention.key`, d, d, 1 / Math.sqrt(d)),
				value: normal(`blocks.${layer}.attention.value`, d, d, 1 / Math.sqrt(d)),
				output: normal(`blocks.${layer}.attention.output`, d, d, residual),
			},
			mlpGain: gain(`blocks.${layer}.mlp.gain`),
			first: normal(`blocks.${layer}.mlp.first`, d, expansion * d, 1 / Math.sqrt(d)),
			second: normal(`blocks.${layer}.mlp.second`, expansion * d, d, residual),
		}),
	);
	const finalGain = gain("final.gain");
	const head = normal("head", d, vocabulary, 1 / Math.sqrt(d));
	return { shape, embedding: embedded, previous, blocks, finalGain, head, parameters: made };
}

/** The loss of a batch; with `backward` its gradient is added to the parameters' gradients. */
export async function lossOf(
	model: LanguageModel,
	{ batch, n, tokens, targets }: Batch,
	core: AttentionCore,
	{ backward = true }: { backward?: boolean } = {},
): Promise<Omit<Loss, "gradient">> {
	const { heads, bound } = model.shape;
	const embedded = embedding(tokens, model.embedding);
	// The first token of a sequence is its own predecessor.
	const before = embedding(
		tokens.map((token, at) => (at % n === 0 ? token : tokens[at - 1])),
		model.previous,
	);
	const back: ((gradient: Matrix) => Promise<Matrix>)[] = [];
	let x = sum([embedded.output, before.output]);
	for (const [layer, block] of model.blocks.entries()) {
		const normal = rmsNorm(x, block.attentionGain);
		const attended = await attention(normal.output, block.attention, { layer, batch, n, heads, bound }, core);
		x = sum([x, attended.output]);
		back.push(async (gradient) => sum([gradient, normal.backward(await attended.backward(gradient))]));
		const between = rmsNorm(x, block.mlpGain);
		const mixed = mlp(between.output, block.first, block.second);
		x = sum([x, mixed.output]);
		back.push(async (gradient) => sum([gradient, between.backward(mixed.backward(gradient))]));
	}
	const last = rmsNorm(x, model.finalGain);
	const { gradient, ...loss } = crossEntropy(multiply(last.output, model.head.value), targets);
	if (!backward) return loss;
	const inHead = multiply(last.output, gradient, { transposeA: true });
	for (let at = 0; at < inHead.data.length; at++) model.head.gradient.data[at] += inHead.data[at];
	let flowing = last.backward(multiply(gradient, model.head.value, { transposeB: true }));
	for (const step of back.toReversed()) flowing = await step(flowing);
	embedded.backward(flowing);
	before.backward(flowing);
	return loss;
}
