import { buildKernels } from "./build-kernels.ts";

const [folder, typeFrom] = [import.meta.dirname, "./runtime/kernel-module.ts"];
await buildKernels({ folder, name: "probe", typeFrom });
await buildKernels({ folder, name: "matrices", typeFrom });
