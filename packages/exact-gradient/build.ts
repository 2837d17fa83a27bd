import { buildKernels } from "@attgrad/matrix-core/build-kernels";

await buildKernels({ folder: import.meta.dirname, name: "streaming" });
