import { buildKernels } from "@attgrad/matrix-core/build-kernels";
import { scriptArguments } from "@attgrad/matrix-core/script-arguments";
import { kernelConstants } from "./src/polynomial/kernels/kernel-constants.ts";

scriptArguments({
	call: "node packages/approx-gradient/build.ts",
	summary: "Compiles the kernels of this package into build/ and writes their declarations.",
});

// Tiles of 2 nodes by 2 columns, of pairs of vectors, are 8 accumulators and leave room for operands; at 256 bits, where a pair is one register, 2 by 5 are 10 of 16.
const common = {
	folder: import.meta.dirname,
	constantsFrom: "src/polynomial/kernels/kernel-constants.ts",
	constants: (build: string) => ({
		...kernelConstants,
		MOMENT_COLUMNS: build === "fma256" ? 5 : 2,
		// Panels of a row that features are made of at a time: with d = 4, degree 6 they stay in L1.
		FEATURE_PANELS: 4,
	}),
};

await buildKernels({ ...common, name: "polynomial", into: "src/polynomial/kernels" });
// A module of their own: what V8 makes of the other kernels does not depend on these.
await buildKernels({ ...common, name: "gauss", into: "src/polynomial/gauss" });
await buildKernels({ ...common, name: "operator", into: "src/backward/kernels" });
await buildKernels({ ...common, name: "hybrid", into: "src/backward/hybrid/kernels" });
