import { expect, test } from "vitest";
import { cutModel } from "./export/onnx-graph.ts";

const bytes = (number: number, content: Uint8Array | string): number[] => {
	const body = typeof content === "string" ? new TextEncoder().encode(content) : content;
	const length = body.length < 128 ? [body.length] : [(body.length % 128) + 128, Math.floor(body.length / 128)];
	return [number * 8 + 2, ...length, ...body];
};
const message = (...fields: number[][]) => Uint8Array.from(fields.flat());
const node = (inputs: string[], output: string) =>
	bytes(1, message(...inputs.map((name) => bytes(1, name)), bytes(2, output), bytes(4, "Add")));
const value = (number: number, name: string) => bytes(number, message(bytes(1, name)));

/** x → a → b → y, and w beside it; a weight, and a version number before the graph. */
const graph = message(
	node(["x", "weight"], "a"),
	node(["a"], "b"),
	node(["x"], "w"),
	bytes(5, "weight".repeat(30)),
	node(["b", "w"], "y"),
	value(11, "x"),
	value(12, "y"),
);
const model = message([8, 7], bytes(7, graph));

/** Names of the nodes' outputs, inputs and outputs of a model that is made of short fields. */
function described(made: Uint8Array) {
	const text = new TextDecoder("latin1").decode(made);
	return ["a", "b", "w", "y"].filter((name) => text.includes(`\x12\x01${name}\x22\x03Add`));
}

test("a cut keeps the nodes that the outputs need, weights, and what is not the graph", () => {
	const whole = cutModel(model, ["x"], ["y"]);
	expect(described(whole)).toEqual(["a", "b", "w", "y"]);
	expect(Array.from(whole.subarray(0, 2))).toEqual([8, 7]);
	expect(new TextDecoder().decode(whole)).toContain("weight".repeat(30));
	expect(described(cutModel(model, ["x"], ["b"]))).toEqual(["a", "b"]);
});

test("a tensor inside of the graph as input cuts off what makes it", () => {
	const made = cutModel(model, ["x", "b"], ["y"]);
	expect(described(made)).toEqual(["w", "y"]);
	// GraphProto.input is field 11, its type a float tensor.
	expect(new TextDecoder("latin1").decode(made)).toContain("\x0a\x01b\x12\x04\x0a\x02\x08\x01");
});

test("an output that no node makes is refused", () => {
	expect(() => cutModel(model, ["x"], ["z"])).toThrow("the graph makes no tensor z");
});
