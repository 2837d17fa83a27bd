// Arithmetic on the columns of rows: numbers, columns such as time_ms, extra keys such as gflops.fma256 or ranks.'0.01'.numerical (or
// extra.loss, where a column has that name too), a column of another row, time_ms[n=512 algorithm=streaming], + - * / < >, functions.
// Lists go entry by entry.

/** Which rows are meant: every condition must hold. */
export type Filter = readonly Condition[];

/** A column or extra key, and the values that it may have (`=`), may not have (`!=`), or is to be beyond. */
export interface Condition {
	readonly column: string;
	readonly operator: "=" | "!=" | "<" | ">" | "<=" | ">=";
	readonly values: readonly string[];
}

/** A number, or one for each step of a course. */
export type Value = number | readonly number[];

export type Expression =
	| { readonly kind: "number"; readonly value: number }
	| { readonly kind: "column"; readonly column: string; readonly filter: Filter }
	| { readonly kind: "call"; readonly name: string; readonly argument: Expression }
	| { readonly kind: "operation"; readonly operator: string; readonly left: Expression; readonly right: Expression };

/** A quote that cannot be read or looked up. */
export class QuoteError extends Error {}

const columnName = String.raw`[A-Za-z_]\w*(?:\.(?:\w+|'[^']*'))*`;
const oneValue = String.raw`'[^']*'|[^\s',\]]+`;
const condition = new RegExp(
	String.raw`^(${columnName})(=|!=|<=|>=|<|>)((?:${oneValue})(?:,(?:${oneValue}))*)(?:\s+|$)`,
);
const token = new RegExp(String.raw`\s*(?:(\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(${columnName})|([-+*/()<>[\]]))`, "y");

/** @throws QuoteError where a condition is not COLUMN=VALUE or the like */
export function parseFilter(text: string): Filter {
	const conditions: Condition[] = [];
	let rest = text.trim();
	while (rest !== "") {
		const found = condition.exec(rest);
		if (!found) throw new QuoteError(`expected a condition such as n=512, got ${rest}`);
		const [whole, column, operator, value] = found as unknown as [string, string, Condition["operator"], string];
		const values = Array.from(value.matchAll(new RegExp(oneValue, "g")), ([each]) => each.replaceAll("'", ""));
		conditions.push({ column, operator, values });
		rest = rest.slice(whole.length);
	}
	return conditions;
}

/** @throws QuoteError where the text is no expression */
export function parseExpression(text: string): Expression {
	let at = 0;
	const next = (): { number?: string; name?: string; sign?: string } => {
		token.lastIndex = at;
		const found = token.exec(text);
		if (!found) return {};
		const [, number, name, sign] = found;
		return { ...(number && { number }), ...(name && { name }), ...(sign && { sign }) };
	};
	const skip = () => {
		token.lastIndex = at;
		token.exec(text);
		at = token.lastIndex;
	};
	const wrong = (expected: string) =>
		new QuoteError(`expected ${expected} in ${text.trim()}, got ${text.slice(at).trim() || "its end"}`);
	const take = (sign: string) => {
		if (next().sign !== sign) throw wrong(sign);
		skip();
	};
	/** Operands joined by operators of one rank. */
	const chain = (operators: string, operand: () => Expression) => (): Expression => {
		let left = operand();
		for (;;) {
			const { sign } = next();
			if (sign === undefined || !operators.includes(sign)) return left;
			skip();
			left = { kind: "operation", operator: sign, left, right: operand() };
		}
	};
	const atom = (): Expression => {
		const { number, name, sign } = next();
		if (number !== undefined) {
			skip();
			return { kind: "number", value: Number(number) };
		}
		if (sign === "(") {
			skip();
			const inside = compared();
			take(")");
			return inside;
		}
		if (name === undefined) throw wrong("a number or a column");
		skip();
		if (next().sign === "(") {
			if (!Object.hasOwn(functions, name))
				throw new QuoteError(`unknown function: ${name} (known: ${Object.keys(functions).join(", ")})`);
			skip();
			const argument = compared();
			take(")");
			return { kind: "call", name, argument };
		}
		if (next().sign !== "[") return { kind: "column", column: name, filter: [] };
		skip();
		const end = text.indexOf("]", at);
		if (end < 0) throw wrong("]");
		const filter = parseFilter(text.slice(at, end));
		at = end + 1;
		return { kind: "column", column: name, filter };
	};
	const compared = chain("<>", chain("+-", chain("*/", atom)));
	const whole = compared();
	if (text.slice(at).trim() !== "") throw wrong("an operator");
	return whole;
}

const list = (value: Value): readonly number[] => (typeof value === "number" ? [value] : value);
const entrywise = (f: (x: number) => number) => (value: Value) => (typeof value === "number" ? f(value) : value.map(f));

function entryAt(values: readonly number[], at: number): number {
	const value = values.at(at);
	if (value === undefined) throw new QuoteError("a list without entries has no first or last");
	return value;
}

const functions: Readonly<Record<string, (value: Value) => Value>> = {
	abs: entrywise(Math.abs),
	sqrt: entrywise(Math.sqrt),
	ln: entrywise(Math.log),
	min: (value) => Math.min(...list(value)),
	max: (value) => Math.max(...list(value)),
	first: (value) => entryAt(list(value), 0),
	last: (value) => entryAt(list(value), -1),
	sum: (value) => list(value).reduce((a, b) => a + b, 0),
};

const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
	"+": (a, b) => a + b,
	"-": (a, b) => a - b,
	"*": (a, b) => a * b,
	"/": (a, b) => a / b,
	"<": (a, b) => Number(a < b),
	">": (a, b) => Number(a > b),
};

/**
 * The value of an expression.
 * @param look gives the value of a column, of the row that a filter means
 */
export function evaluate(expression: Expression, look: (column: string, filter: Filter) => Value): Value {
	switch (expression.kind) {
		case "number":
			return expression.value;
		case "column":
			return look(expression.column, expression.filter);
		case "call":
			return functions[expression.name](evaluate(expression.argument, look));
		case "operation": {
			const operate = operations[expression.operator];
			const [left, right] = [evaluate(expression.left, look), evaluate(expression.right, look)];
			if (typeof left === "number")
				return typeof right === "number" ? operate(left, right) : right.map((x) => operate(left, x));
			if (typeof right === "number") return left.map((x) => operate(x, right));
			if (left.length !== right.length)
				throw new QuoteError(`lists of ${left.length} and ${right.length} entries do not go together`);
			return left.map((x, i) => operate(x, right[i]));
		}
	}
}
