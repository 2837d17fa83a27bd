import { buildKernels } from "@attgrad/matrix-core/build-kernels";

await buildKernels({
	folder: import.meta.dirname,
	name: "polynomial",
	constants: () => ({ MOMENT_NODES: 2, MOMENT_COLUMNS: 3 }),
});
