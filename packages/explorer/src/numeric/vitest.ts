// Takes the place of vitest where test files of the packages run in a browser: the part of it that they use.

/** How a test ended. */
export interface Outcome {
	readonly name: string;
	readonly status: "passed" | "failed";
	readonly why?: string;
}

type Work = (...args: never[]) => void | Promise<void>;

interface Queued {
	readonly name: string;
	readonly work: () => void | Promise<void>;
}

const queue: Queued[] = [];
const path: string[] = [];

/** Registers a test. */
export function test(name: string, work: Work): void {
	queue.push({ name: [...path, name].join(" > "), work: work as () => void });
}

/** Registers the tests of a group. */
export function describe(name: string, work: () => void): void {
	path.push(name);
	work();
	path.pop();
}

/** A name with its arguments in it, in the order of their marks. */
function titled(name: string, args: readonly unknown[]): string {
	let at = 0;
	const [first] = args;
	const fields = (typeof first === "object" ? first : {}) as Readonly<Record<string, unknown>>;
	return name
		.replaceAll(/%[sidfj]/g, () => String(args[at++]))
		.replaceAll(/\$(\w+)/g, (word, field: string) => (field in fields ? String(fields[field]) : word));
}

const each =
	(register: (name: string, work: Work) => void) =>
	(cases: readonly unknown[]) =>
	(name: string, work: (...args: never[]) => void | Promise<void>): void => {
		for (const one of cases) {
			const args = Array.isArray(one) ? one : [one];
			register(titled(name, args), () => work(...(args as never[])));
		}
	};

/** Another name of `test`. */
export const it = test;

test.each = each(test);
describe.each = each(describe as (name: string, work: Work) => void);

const endings: (() => unknown)[] = [];

/** Registers what is done after all tests. */
export function afterAll(work: () => unknown): void {
	endings.push(work);
}

/** The message of an error and of its cause: the cause of a property's error names the entry that failed. */
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	return error.cause === undefined ? error.message : `${error.message}\n${reasonOf(error.cause)}`;
}

/** Runs all tests that were registered, one after the other. */
export async function runTests(): Promise<Outcome[]> {
	const outcomes: Outcome[] = [];
	for (const { name, work } of queue)
		try {
			await work();
			outcomes.push({ name, status: "passed" });
		} catch (error) {
			outcomes.push({ name, status: "failed", why: reasonOf(error) });
		}
	for (const end of endings) await end();
	return outcomes;
}

/** A matcher that a test file adds: `expect.extend`. */
type Matcher = (received: unknown, ...args: never[]) => { readonly pass: boolean; readonly message: () => string };

const added: Record<string, Matcher> = {};

/** An expected value that more than one is equal to. */
class Pattern {
	readonly fits: (value: unknown) => boolean;

	constructor(fits: (value: unknown) => boolean) {
		this.fits = fits;
	}
}

/** Whether two values are alike in all that they hold; keys without a value count as absent. */
function alike(got: unknown, expected: unknown, partly = false): boolean {
	if (expected instanceof Pattern) return expected.fits(got);
	if (Object.is(got, expected)) return true;
	if (typeof got !== "object" || typeof expected !== "object" || got === null || expected === null) return false;
	if (Object.getPrototypeOf(got) !== Object.getPrototypeOf(expected) && !partly) return false;
	if (ArrayBuffer.isView(got) && ArrayBuffer.isView(expected)) {
		const [a, b] = [got, expected] as unknown as [ArrayLike<number>, ArrayLike<number>];
		return a.length === b.length && Array.from(a).every((entry, i) => Object.is(entry, b[i]));
	}
	const [a, b] = [got, expected] as [Record<string, unknown>, Record<string, unknown>];
	const keys = new Set(partly ? Object.keys(b) : [...Object.keys(a), ...Object.keys(b)]);
	return [...keys].every((key) => alike(a[key], b[key], partly));
}

const text = (value: unknown): string => {
	const shown = typeof value === "object" ? JSON.stringify(value) : String(value);
	return shown.length > 300 ? `${shown.slice(0, 300)}…` : shown;
};

type CheckName = keyof typeof checks | "toThrow";

type Check = (got: never, ...expected: never[]) => boolean;

const checks = {
	toBe: (got: unknown, expected: unknown) => Object.is(got, expected),
	toEqual: (got: unknown, expected: unknown) => alike(got, expected),
	toMatchObject: (got: unknown, expected: unknown) => alike(got, expected, true),
	toBeLessThan: (got: number, expected: number) => got < expected,
	toBeLessThanOrEqual: (got: number, expected: number) => got <= expected,
	toBeGreaterThan: (got: number, expected: number) => got > expected,
	toBeGreaterThanOrEqual: (got: number, expected: number) => got >= expected,
	toBeCloseTo: (got: number, expected: number, digits = 2) =>
		got === expected || Math.abs(got - expected) < 0.5 * 10 ** -digits,
	toBeUndefined: (got: unknown) => got === undefined,
	toBeDefined: (got: unknown) => got !== undefined,
	toHaveLength: (got: ArrayLike<unknown>, length: number) => got.length === length,
	toContain: (got: { includes(part: unknown): boolean }, part: unknown) => got.includes(part),
	toMatch: (got: string, pattern: string | RegExp) =>
		typeof pattern === "string" ? got.includes(pattern) : pattern.test(got),
	toBeInstanceOf: (got: unknown, kind: new () => unknown) => got instanceof kind,
} satisfies Readonly<Record<string, Check>>;

type Expected = Record<string, (...args: unknown[]) => unknown>;

/** The checks of a value, wrong where `wanted` is false and they hold. */
function checksOf(got: unknown, wanted: boolean, note = ""): Expected {
	const judge = (name: string, pass: boolean, why: () => string) => {
		if (pass !== wanted) throw new Error(`${note}${wanted ? "" : "not "}${name}: ${why()}`);
	};
	const own = Object.entries<Check>(checks).map(([name, check]) => [
		name,
		(...args: unknown[]) =>
			judge(
				name,
				check(got as never, ...(args as never[])),
				() => `got ${text(got)}, expected ${args.map(text).join(", ")}`,
			),
	]);
	const more = Object.entries(added).map(([name, matcher]) => [
		name,
		(...args: unknown[]) => {
			const { pass, message } = matcher(got, ...(args as never[]));
			judge(name, pass, message);
		},
	]);
	const toThrow = (wantedError?: unknown) => {
		const thrown = thrownBy(got as () => unknown);
		judge("toThrow", thrown !== undefined && fits(thrown, wantedError), () => `threw ${text(String(thrown))}`);
	};
	return { ...Object.fromEntries(own), ...Object.fromEntries(more), toThrow };
}

function thrownBy(work: () => unknown): unknown {
	try {
		work();
		return undefined;
	} catch (error) {
		return error;
	}
}

/** Whether an error is of a class, or its message holds a text. */
function fits(error: unknown, wanted: unknown): boolean {
	if (wanted === undefined) return true;
	if (typeof wanted === "function") return error instanceof wanted;
	const message = error instanceof Error ? error.message : String(error);
	return wanted instanceof RegExp ? wanted.test(message) : message.includes(String(wanted));
}

/** The checks of what a promise is rejected with. */
function rejectionOf(promise: Promise<unknown>): Expected {
	const failure = promise.then(
		() => {
			throw new Error("rejects: the promise was fulfilled");
		},
		(error: unknown) => error,
	);
	const later =
		(name: string) =>
		async (...args: unknown[]) => {
			const error = await failure;
			return name === "toThrow"
				? checksOf(() => {
						throw error;
					}, true)["toThrow"]?.(...args)
				: checksOf(error, true)[name]?.(...args);
		};
	return Object.fromEntries(["toThrow", ...Object.keys(checks)].map((name) => [name, later(name)]));
}

/** The checks of a value, those of the opposite, and those of what a promise is rejected with. */
type Expectation = Readonly<Record<CheckName, (...args: unknown[]) => unknown>> & {
	readonly not: Expected;
	readonly rejects: Expected;
};

/** The checks of a value, as vitest's. */
export function expect(got: unknown, note?: string): Expectation {
	const before = note === undefined ? "" : `${note}: `;
	return {
		...checksOf(got, true, before),
		not: checksOf(got, false, before),
		get rejects() {
			return rejectionOf(got as Promise<unknown>);
		},
	} as Expectation;
}

expect.extend = (matchers: Readonly<Record<string, Matcher>>): void => {
	Object.assign(added, matchers);
};
expect.any = (kind: unknown): Pattern =>
	new Pattern((value) =>
		kind === Number ? typeof value === "number" : kind === String ? typeof value === "string" : false,
	);
expect.closeTo = (number: number, digits = 2): Pattern =>
	new Pattern((value) => checks.toBeCloseTo(value as number, number, digits));
expect.stringContaining = (part: string): Pattern => new Pattern((value) => String(value).includes(part));
