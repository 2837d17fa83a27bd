import type { AttentionProblem } from "@attgrad/attention-problem";
import { bytesPerNumber, type Kernels, type RowSource, transpose } from "@attgrad/matrix-core";
import { kernelConstants } from "../../kernels/kernel-constants.ts";
import { putIndices, putNumbers } from "../../kernels/kernel-operands.ts";
import type { FeatureSpace } from "../../method/feature-space.ts";
import type { gaussKernels } from "../gauss-kernels.ts";
import { BINS, binPlaces, lastStep, repeatFirst, type SampledKeys } from "./sampled-keys.ts";

/** Keys of a task, and tasks that rows are read for at a time. */
const RANGE = { keys: 4096, tasks: 16 } as const;

/** Words of a bin as the kernel keeps it. */
const BIN_WORDS = 4;

/** The keys in the kernels' memory. */
export interface KernelKeys {
	/** Address of their numbers. */
	readonly table: number;
	/** The keys as long as the memory does not grow. */
	view(): SampledKeys;
}

/**
 * `sampledKeys` on kernels and threads, in two passes over the keys: ranges of keys are counted by bin, then each range puts its own into
 * their places. The order is that of `sampledKeys`.
 */
export async function keysOnKernels(
	kernels: Kernels<typeof gaussKernels>,
	problem: AttentionProblem<RowSource>,
	space: FeatureSpace,
): Promise<KernelKeys> {
	const { n, d } = problem;
	const stride = 2 * d + 3;
	const ranges = Math.ceil(n / RANGE.keys);
	const counted = await kernels.scope(async () => {
		const bins = kernels.allocateZeros("f32", ranges * BINS * BIN_WORDS);
		await eachRange(kernels, problem, space, { bins, table: 0 });
		return kernels.indices(bins, ranges * BINS * BIN_WORDS).slice();
	});
	const counts = new Int32Array(BINS);
	for (let at = 0; at < counted.length; at += BIN_WORDS) counts[(at / BIN_WORDS) % BINS] += counted[at];
	const { starts, places } = binPlaces(counts);
	const table = kernels.allocate("f64", places * stride);
	await kernels.scope(async () => {
		const bins = putIndices(kernels, firstKeys(counted, starts, counts));
		await eachRange(kernels, problem, space, { bins, table });
	});
	const view = (): SampledKeys => ({
		...{ stride, starts, counts },
		data: kernels.view("f64", table, places * stride),
	});
	repeatFirst(view());
	return { table, view };
}

/** For each range and bin: the number of the range's first key in the bin, then what the bin is. */
function firstKeys(counted: Int32Array, starts: Int32Array, counts: Int32Array): Int32Array {
	const words = new Int32Array(counted.length);
	const steps = Int32Array.from(counts, lastStep);
	const before = new Int32Array(BINS);
	for (let at = 0; at < words.length; at += BIN_WORDS) {
		const bin = (at / BIN_WORDS) % BINS;
		words.set([before[bin], starts[bin], counts[bin], steps[bin]], at);
		before[bin] += counted[at];
	}
	return words;
}

/** Runs the kernel over all keys, range by range, each with its own bins. */
async function eachRange(
	kernels: Kernels<typeof gaussKernels>,
	{ n, d, A1, A2, A3, Y }: AttentionProblem<RowSource>,
	{ frame, keyNorm }: FeatureSpace,
	{ bins, table }: { readonly bins: number; readonly table: number },
): Promise<void> {
	const { dtype } = A1;
	const row = d * bytesPerNumber(dtype);
	const doubles = (numbers: ArrayLike<number>): number => putNumbers(kernels, "f64", numbers);
	const tilted = frame.queryCentre.some((nu) => nu !== 0);
	const shared = {
		...{
			d,
			table,
			keyMap: doubles(transpose(frame.keyMap).data),
			centre: doubles(frame.keyCentre),
			Y: doubles(Y.data),
		},
		...{ valueCentre: doubles(frame.valueCentre), none: kernels.allocateZeros("f64", d) },
		tilt: tilted ? doubles([...frame.queryCentre, frame.shift]) : 0,
		perNorm: doubles([BINS / (keyNorm || 1)]),
	};
	const chunk = Math.min(n, RANGE.keys * RANGE.tasks);
	const [keysAt, inputsAt] = [kernels.rowReader(A2, dtype, chunk), kernels.rowReader(A3, dtype, chunk)];
	const scratch = 512 + (8 * d + 4) * kernelConstants.STEP_BYTES * 2;
	for (let from = 0; from < n; from += chunk) {
		const rows = Math.min(chunk, n - from);
		const [keys, inputs] = [keysAt(from, from + rows), inputsAt(from, from + rows)];
		const tasks = Array.from({ length: Math.ceil(rows / RANGE.keys) }, (_, task) => {
			const first = task * RANGE.keys;
			return {
				...{ ...shared, rows: Math.min(RANGE.keys, rows - first) },
				...{ keys: keys + first * row, inputs: inputs + first * row },
				bins: bins + ((from + first) / RANGE.keys) * BINS * BIN_WORDS * 4,
			};
		});
		await kernels.run("gaussKeys", tasks, { dtype, scratch });
	}
}
