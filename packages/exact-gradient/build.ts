import { buildKernels } from "@attgrad/matrix-core/build-kernels";

await buildKernels({ folder: import.meta.dirname, name: "streaming", into: "src/streaming" });
await buildKernels({
	folder: import.meta.dirname,
	name: "backward",
	into: "src/backward",
	constants: (build) => ({ HALF_VECTORS: build === "fma256" ? 2 : 1 }),
});
