import { provedShare, type Row } from "@attgrad/harness";

/** Whether a row's bound is by sampled pairs, which holds but for a chance. */
export const isSampled = ({ algorithm }: Pick<Row, "algorithm">): boolean =>
	algorithm.includes("certificate=probabilistic");

/** How much smaller bounds by sampled pairs are than proved ones of the same degree at the greatest length, and for how much more time. */
export function describeSampled(rows: readonly Row[]): string {
	const done = rows.filter(({ status, time_ms }) => status === "done" && time_ms !== undefined);
	const n = Math.max(...done.filter(isSampled).map((row) => row.n));
	const pairs = done
		.filter((row) => row.n === n && isSampled(row))
		.flatMap((row) => {
			const proved = done.find((other) => other.n === n && other.degree === row.degree && !isSampled(other));
			const [of, than] = [provedShare(row), proved && provedShare(proved)];
			if (!of || !than || !proved?.time_ms || !row.time_ms) return [];
			return [{ bound: than / of, time: row.time_ms / proved.time_ms, degree: row.degree ?? 0 }];
		})
		.sort((a, b) => a.degree - b.degree);
	const last = pairs.at(-1);
	if (!last) return "Bounds of sampled pairs and proofs against time";
	const bound = `${Number(last.bound.toPrecision(2))} times smaller`;
	return `At n = 2^${Math.log2(n)}, degree ${last.degree}, a probabilistic bound is ${bound} than a proof, for ${last.time.toFixed(2)} times its time`;
}
