// Hands kernels and the program of threads over before any test file asks for them: it is imported first.

import threadProgram from "virtual:thread";
import { provideKernels, provideThreads } from "@attgrad/matrix-core";
import { unpackedKernels } from "../worker/unpacked-kernels.ts";

provideKernels(unpackedKernels());
provideThreads(URL.createObjectURL(new Blob([threadProgram], { type: "text/javascript" })));
