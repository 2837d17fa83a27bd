// A first program: one import, an approximate gradient with a proof of its error.
import { generateProblem, gradient } from "attgrad";

const problem = generateProblem({ distribution: "uniform", n: 65_536, d: 4, B: 1, seed: 1 });
const { gradient: dX, loss, certificate, picked } = await gradient(problem, { epsilon: 1e-6 });

console.log(`${picked?.algorithm}: ${picked?.why}`);
console.log(`loss ${loss}, dL/dX of ${dX.rows} x ${dX.cols}`);
console.log(`every entry is within ${certificate?.bound} of the exact gradient (${certificate?.kind})`);
