import { buildKernels } from "./build-kernels.ts";

await buildKernels({ folder: import.meta.dirname, name: "probe" });
await buildKernels({ folder: import.meta.dirname, name: "matrices" });
