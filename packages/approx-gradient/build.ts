import { buildKernels } from "@attgrad/matrix-core/build-kernels";
import { kernelConstants } from "./src/polynomial/kernels/kernel-constants.ts";

// Tiles of 2 nodes by 2 columns, of pairs of vectors, are 8 accumulators and leave room for operands; at 256 bits, where a pair is one register, 2 by 5 are 10 of 16.
await buildKernels({
	folder: import.meta.dirname,
	name: "polynomial",
	into: "src/polynomial/kernels",
	constants: (build) => ({
		...kernelConstants,
		MOMENT_COLUMNS: build === "fma256" ? 5 : 2,
		// Panels of a row that features are made of at a time: with d = 4, degree 6 they stay in L1.
		FEATURE_PANELS: 4,
	}),
});

await buildKernels({
	folder: import.meta.dirname,
	name: "operator",
	into: "src/backward/kernels",
	constants: (build) => ({
		...kernelConstants,
		MOMENT_COLUMNS: build === "fma256" ? 5 : 2,
		FEATURE_PANELS: 4,
	}),
});
