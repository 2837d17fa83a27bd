import { buildKernels } from "./build-kernels.ts";
import { scriptArguments } from "./src/script/script-arguments.ts";

scriptArguments({
	call: "node packages/matrix-core/build.ts",
	summary: "Compiles the kernels of this package into build/ and writes their declarations.",
});

const folder = import.meta.dirname;
await buildKernels({ folder, name: "probe", typeFrom: "./runtime/kernel-module.ts" });
await buildKernels({ folder, name: "matrices", into: "src/algebra", typeFrom: "../runtime/kernel-module.ts" });
