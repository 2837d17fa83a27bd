import { createHash } from "node:crypto";
import type { Dtype } from "@attgrad/matrix-core";
import { sizeText } from "./size-text.ts";

/** One algorithm at one point with one seed: what becomes a row. */
export interface Cell {
	readonly experiment: string;
	/** Spelling of the algorithm as `findAlgorithm` takes it. */
	readonly algorithm: string;
	/** Version of the algorithm: cells of a new version are measured again. */
	readonly version: number;
	/** Hash of the algorithm's sources: cells of changed sources are measured again. Absent if the algorithm does not name them. */
	readonly sources?: string;
	/** Every option of the algorithm, defaults included. */
	readonly options: Readonly<Record<string, unknown>>;
	readonly n: number;
	readonly d: number;
	readonly B: number;
	readonly epsilon?: number;
	readonly relative?: number;
	readonly degree?: number;
	readonly distribution: string;
	readonly seed: number;
	readonly dtype: Dtype;
	readonly threads: number;
	readonly kernel: string;
}

/** Hash of everything that determines a cell's row, 16 hexadecimal digits. */
export function cellKey(cell: Cell): string {
	return createHash("sha256").update(canonicalJson(cell)).digest("hex").slice(0, 16);
}

/** The curve a cell lies on: what cells that differ in n and seed alone have in common. */
export function curveOf({ n: _n, seed: _seed, ...rest }: Cell): string {
	return canonicalJson(rest);
}

/** A cell in a line for people: what it is, without what every cell has. */
export function describeCell({
	algorithm,
	n,
	d,
	B,
	epsilon,
	relative,
	degree,
	distribution,
	seed,
	dtype,
	threads,
}: Cell): string {
	const point = { n, d, B, epsilon, relative, degree, distribution, seed, dtype, threads };
	const usual: Partial<typeof point> = { distribution: "uniform", seed: 1, dtype: "f64", threads: 1 };
	const parts = Object.entries(point).filter(
		([name, value]) => value !== undefined && value !== usual[name as keyof typeof point],
	);
	return [algorithm, ...parts.map(([name, value]) => `${name}=${name === "n" ? sizeText(n) : value}`)].join(" ");
}

/** JSON with the keys of every object sorted, so that equal values give equal text. */
function canonicalJson(value: unknown): string {
	return JSON.stringify(value, (_, inner: unknown) =>
		inner !== null && typeof inner === "object" && !Array.isArray(inner)
			? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
			: inner,
	);
}

/** How people read an algorithm of a row: the name that a command was given (`command/mine:python3 mine.py`), otherwise its spelling. */
export function algorithmLabel(spelling: string): string {
	return /^command\/([^:]+):/.exec(spelling)?.[1] ?? spelling;
}
