import { seededRandom } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { JoinedSlots, roundingsOfJoins } from "./joined-slots.ts";

const u = 2 ** -53;

/** A number as whole multiples of 2^-200. */
const whole = (x: number): bigint => {
	let [value, exponent] = [x, 200];
	for (; exponent > 0 && !Number.isSafeInteger(value); exponent--) value *= 2;
	return BigInt(value) << BigInt(exponent);
};

test.each(["of one sign", "of both signs", "of very different sizes", "that all round the same way"])(
	"sums of many chunks are within the roundings that are counted: terms %s",
	(kind) => {
		const random = seededRandom(5, kind);
		const chunks = 20_000;
		const term = (at: number): number =>
			({
				"of one sign": random.uniform(0, 1),
				"of both signs": random.uniform(-1, 1),
				"of very different sizes": random.uniform(-1, 1) * 2 ** random.integer(-60, 0),
				// Plain additions lose each of these.
				"that all round the same way": at === 0 ? 1 : 0.49 * 2 ** -52,
			})[kind] ?? Number.NaN;
		const joined = new JoinedSlots(2);
		let [exact, size] = [0n, 0];
		for (let at = 0; at < chunks; at++) {
			const x = term(at);
			const slots = Float64Array.of(x, 1);
			joined.add(slots);
			expect(slots).toEqual(new Float64Array(2));
			exact += whole(x);
			size += Math.abs(x);
		}
		const [sum, count] = joined.total();
		expect(count).toBe(chunks);
		const error = exact - whole(sum);
		expect(Number(error < 0n ? -error : error) / 2 ** 200).toBeLessThanOrEqual(roundingsOfJoins(chunks) * u * size);
	},
);

test("slots of a chunk are added one after the other, and sums beyond the range are infinite", () => {
	const joined = new JoinedSlots(1);
	joined.add(Float64Array.of(1, 2, 3));
	expect(joined.total()).toEqual(Float64Array.of(6));
	joined.add(Float64Array.of(Number.MAX_VALUE));
	joined.add(Float64Array.of(Number.MAX_VALUE));
	expect(joined.total()).toEqual(Float64Array.of(Number.POSITIVE_INFINITY));
});
