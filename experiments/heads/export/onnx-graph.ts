/**
 * As much of the ONNX file format (protocol buffers) as it takes to cut a piece out of a graph: the nodes that some tensors
 * need, from inputs that may be tensors inside of the graph. Weights stay as they are.
 */

/** A field of a message: its number, and its bytes as they stand in the file. */
interface Field {
	readonly number: number;
	/** With its tag and length. */
	readonly whole: Uint8Array;
	/** Of a field of bytes, its content. */
	readonly content: Uint8Array;
}

/** Numbers of fields in ModelProto, GraphProto, NodeProto and ValueInfoProto. */
const field = { graph: 7, node: 1, graphInput: 11, graphOutput: 12, nodeInput: 1, nodeOutput: 2, name: 1 } as const;

const text = new TextDecoder();

/**
 * The model that computes `outputs` from `inputs`. An input that is an output of the given model's nodes cuts it there; its type
 * is taken to be float32 of any shape.
 * @throws Error for an output that no node makes
 */
export function cutModel(model: Uint8Array, inputs: readonly string[], outputs: readonly string[]): Uint8Array {
	const parts = Array.from(fieldsOf(model), (part) =>
		part.number === field.graph ? message(field.graph, cutGraph(part.content, inputs, outputs)) : part.whole,
	);
	return joined(parts);
}

function cutGraph(graph: Uint8Array, inputs: readonly string[], outputs: readonly string[]): Uint8Array {
	const fields = Array.from(fieldsOf(graph));
	const given = new Map(
		fields.filter(({ number }) => number === field.graphInput).map(({ content, whole }) => [nameOf(content), whole]),
	);
	const nodes = fields.filter(({ number }) => number === field.node).map(({ content }) => nodeOf(content));
	const kept = neededNodes(nodes, new Set(inputs), outputs);
	const parts: Uint8Array[] = [];
	let at = 0;
	for (const { number, whole } of fields)
		if (number === field.node) {
			if (kept[at++]) parts.push(whole);
		} else if (number !== field.graphInput && number !== field.graphOutput) parts.push(whole);
	for (const name of inputs) parts.push(given.get(name) ?? message(field.graphInput, floatTensor(name)));
	for (const name of outputs) parts.push(message(field.graphOutput, floatTensor(name)));
	return joined(parts);
}

interface Node {
	readonly inputs: readonly string[];
	readonly outputs: readonly string[];
}

/** Which nodes it takes; a graph lists each node after those that it needs. */
function neededNodes(nodes: readonly Node[], inputs: ReadonlySet<string>, outputs: readonly string[]): boolean[] {
	const wanted = new Set(outputs);
	const kept = nodes.map(() => false);
	for (let at = nodes.length - 1; at >= 0; at--) {
		const node = nodes[at];
		if (!node.outputs.some((name) => wanted.has(name) && !inputs.has(name))) continue;
		kept[at] = true;
		for (const name of node.inputs) wanted.add(name);
	}
	for (const output of outputs)
		if (!nodes.some((node) => node.outputs.includes(output))) throw new Error(`the graph makes no tensor ${output}`);
	return kept;
}

function nodeOf(content: Uint8Array): Node {
	const fields = Array.from(fieldsOf(content));
	const names = (wanted: number) =>
		fields.filter(({ number }) => number === wanted).map(({ content: name }) => text.decode(name));
	return { inputs: names(field.nodeInput), outputs: names(field.nodeOutput) };
}

function nameOf(valueInfo: Uint8Array): string {
	for (const { number, content } of fieldsOf(valueInfo)) if (number === field.name) return text.decode(content);
	return "";
}

/** ValueInfoProto { name, type: { tensor_type: { elem_type: FLOAT } } }. */
const floatTensor = (name: string): Uint8Array =>
	joined([message(1, new TextEncoder().encode(name)), message(2, message(1, new Uint8Array([0x08, 0x01])))]);

function* fieldsOf(bytes: Uint8Array): Generator<Field> {
	for (let at = 0; at < bytes.length; ) {
		const start = at;
		const number = () => {
			let [value, factor] = [0, 1];
			for (;;) {
				const byte = bytes[at++];
				value += (byte & 127) * factor;
				factor *= 128;
				if (byte < 128) return value;
			}
		};
		const tag = number();
		let from = at;
		switch (tag % 8) {
			case 0:
				number();
				break;
			case 1:
				at += 8;
				break;
			case 2: {
				const length = number();
				from = at;
				at += length;
				break;
			}
			case 5:
				at += 4;
				break;
			default:
				throw new Error(`not an ONNX file: a field of type ${tag % 8}`);
		}
		yield { number: Math.floor(tag / 8), whole: bytes.subarray(start, at), content: bytes.subarray(from, at) };
	}
}

function message(number: number, content: Uint8Array): Uint8Array {
	return joined([varint(number * 8 + 2), varint(content.length), content]);
}

function varint(value: number): Uint8Array {
	const bytes: number[] = [];
	for (let left = value; ; left = Math.floor(left / 128)) {
		bytes.push(left < 128 ? left : (left % 128) + 128);
		if (left < 128) return new Uint8Array(bytes);
	}
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
	const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}
