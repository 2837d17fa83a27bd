import { type BackwardProblem, createBackwardProblem, type Visibility } from "@attgrad/attention-problem";
import { createRuntime, type Dtype, Matrix, type Random, type Runtime } from "@attgrad/matrix-core";
import { backwardPolynomial } from "../src/index.ts";

/** Kernels of the backward pass beside plain TypeScript: how far they are apart, over what both prove of rounding. */
export async function compareBackward(
	random: Random,
	dtype: Dtype,
	runtime: Runtime,
): Promise<{ shape: string; share: number }> {
	const problem = drawProblem(random, dtype);
	const { batch, heads, keyHeads, n_q, n_k, d, d_v, visibility } = problem;
	// Chunks of kernels are whole panels.
	const options = backwardPolynomial.options.parse({
		degree: random.integer(1, d > 4 ? 3 : 6),
		chunk: 8 * random.integer(1, 6),
	});
	const plain = await createRuntime({ kernel: "js" });
	const [got, want] = [
		await backwardPolynomial.run(problem, options, runtime),
		await backwardPolynomial.run(problem, options, plain),
	];
	// Where a row is polynomial on one side and exact on the other, both are within their bounds.
	const alike = got.exactRows === want.exactRows;
	let share = 0;
	for (const name of ["dQ", "dK", "dV"] as const) {
		const certificates = [got.certificate, want.certificate];
		const allowed = certificates.reduce(
			(sum, proof) => sum + ((alike ? proof?.floatFloor : proof?.bounds)?.[name] ?? 0),
			0,
		);
		let off = 0;
		for (const [at, x] of got[name].data.entries()) off = Math.max(off, Math.abs(x - want[name].data[at]));
		share = Math.max(share, off === 0 ? 0 : off / allowed);
	}
	const sizes = `batch ${batch}, heads ${heads} on ${keyHeads}, n_q ${n_q}, n_k ${n_k}, d ${d}, d_v ${d_v}`;
	return { shape: `${sizes}, ${JSON.stringify(visibility)}, ${JSON.stringify(options)}`, share };
}

function drawProblem(random: Random, dtype: Dtype): BackwardProblem {
	const lengths = random.integer(0, 3) > 0 ? undefined : [1, 1, 1].map(() => random.integer(1, 120));
	const n_q = lengths?.reduce((sum, x) => sum + x) ?? random.integer(1, 400);
	const n_k = lengths ? n_q : random.integer(1, 400);
	const causal = random.integer(0, 2) > 0;
	const visibility: Visibility = {
		mask: causal ? "causal" : "none",
		...(causal && random.integer(0, 1) > 0 && { window: random.integer(1, n_k) }),
		...(lengths && { lengths }),
	};
	const [d, d_v] = [random.integer(1, 6), random.integer(1, 6)];
	const [batch, keyHeads, group] = [random.integer(1, 2), random.integer(1, 2), random.integer(1, 3)];
	const array = (count: number, n: number, cols: number, size: number) => ({
		shape: [batch, count, n, cols],
		rows: Matrix.build(batch * count * n, cols, () => random.uniform(-size, size), dtype),
	});
	const spread = random.uniform(0.1, 3);
	return createBackwardProblem(
		{
			Q: array(keyHeads * group, n_q, d, spread),
			K: array(keyHeads, n_k, d, spread),
			V: array(keyHeads, n_k, d_v, 1),
			dO: array(keyHeads * group, n_q, d_v, 1),
		},
		{ visibility },
	);
}
