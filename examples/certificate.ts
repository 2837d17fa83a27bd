// An approximate gradient with a proof of its error, and how much was to spare.
import { polynomial } from "@attgrad/approx-gradient";
import { computeGradient, generateProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { maxAbsDifference } from "@attgrad/matrix-core";

const problem = generateProblem({ distribution: "uniform", n: 4096, d: 3, B: 1, seed: 1 });
const { gradient, degree, rank, certificate } = await computeGradient(polynomial, problem, { epsilon: 1e-6 });
const exact = await computeGradient(streaming, problem);
console.log(`degree ${degree}, ${rank} features: proven within ${certificate?.bound} (${certificate?.kind})`);
console.log(`true error ${maxAbsDifference(gradient, exact.gradient)}`);
