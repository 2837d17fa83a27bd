import { buildKernels } from "@attgrad/matrix-core/build-kernels";
import { scriptArguments } from "@attgrad/matrix-core/script-arguments";

scriptArguments({
	call: "node packages/exact-gradient/build.ts",
	summary: "Compiles the kernels of this package into build/ and writes their declarations.",
});

await buildKernels({ folder: import.meta.dirname, name: "streaming", into: "src/streaming" });
await buildKernels({
	folder: import.meta.dirname,
	name: "backward",
	into: "src/backward",
	constants: (build) => ({ HALF_VECTORS: build === "fma256" ? 2 : 1 }),
});
