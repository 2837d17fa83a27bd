import { buildKernels } from "./build-kernels.ts";

const folder = import.meta.dirname;
await buildKernels({ folder, name: "probe", typeFrom: "./runtime/kernel-module.ts" });
await buildKernels({ folder, name: "matrices", into: "src/algebra", typeFrom: "../runtime/kernel-module.ts" });
