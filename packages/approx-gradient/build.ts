import { buildKernels } from "@attgrad/matrix-core/build-kernels";

// 2 x 2 tiles of pairs of vectors are 8 accumulators and leave room for operands; at 256 bits 2 x 3 are 12 of 16 registers.
await buildKernels({
	folder: import.meta.dirname,
	name: "polynomial",
	constants: (build) => ({ MOMENT_NODES: 2, MOMENT_COLUMNS: build === "fma256" ? 3 : 2 }),
});
