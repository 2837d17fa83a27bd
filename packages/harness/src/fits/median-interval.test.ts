import { seededRandom } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { holds, share } from "../testing/synthetic-times.ts";
import { medianInterval } from "./median-interval.ts";

const ascending = (values: number[]) => Float64Array.from(values).sort();

test("the interval is that of resampling", () => {
	const random = seededRandom(1);
	const values = ascending(Array.from({ length: 25 }, () => random.normal()));
	const resamples = 20_000;
	const medians = ascending(
		Array.from(
			{ length: resamples },
			() => ascending(Array.from(values, () => values[random.integer(0, values.length - 1)]))[12],
		),
	);
	expect(medianInterval(values)).toEqual([medians[0.025 * resamples], medians[0.975 * resamples]]);
});

test.each([1, 2, 3])("of %i values the interval is all of them", (count) => {
	const values = Array.from({ length: count }, (_, i) => i);
	expect(medianInterval(values)).toEqual([0, count - 1]);
});

// Runs are skewed to the slow side. An interval between values of a sample comes in steps, at 25 values of about 1 %.
test.each([25, 60, 200])(
	"the interval of %i skewed values holds the true median in 93 to 97 %% of samples",
	(count) => {
		const held = share(4000, (seed) => {
			const random = seededRandom(seed, count);
			const values = Array.from({ length: count }, () => -Math.log(1 - random.uniform()));
			return holds(medianInterval(ascending(values)), Math.LN2);
		});
		expect(held).toBeGreaterThan(0.93);
		expect(held).toBeLessThan(0.97);
	},
);
