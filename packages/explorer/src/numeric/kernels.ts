// Hands the kernels over before any test file asks for them: it is imported first.
import { provideKernels } from "@attgrad/matrix-core";
import { unpackedKernels } from "../worker/unpacked-kernels.ts";

provideKernels(unpackedKernels());
