// An approximate gradient with a proof of its error, and the true error beside it.
import { generateProblem, gradient, maxAbsDifference } from "attgrad";

const problem = generateProblem({ distribution: "uniform", n: 4096, d: 3, B: 1, seed: 1 });
const near = await gradient(problem, { algorithm: "polynomial", epsilon: 1e-6 });
const exact = await gradient(problem, { algorithm: "exact" });
console.log(`degree ${near.degree}, ${near.rank} features: proven within ${near.certificate?.bound}`);
console.log(`true error ${maxAbsDifference(near.gradient, exact.gradient)}`);
