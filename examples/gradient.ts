// The gradient of your own data: rows of queries, keys, values and targets in, dL/dX out.
import { createProblem, gradient, Matrix } from "attgrad";

const tokens = new Float64Array([0.1, 0.9, -0.4, 0.3, 0.8, -0.2, 0.5, 0.5]); // yours: n x d numbers, row by row
const H = new Matrix(4, 2, tokens);
const E = new Matrix(4, 2, new Float64Array([1, 0, 0, 1, 1, 0, 0, 1]));
const X = new Matrix(2, 2, new Float64Array([1, 0.5, 0, 1])); // W_Q W_Kᵀ
const problem = createProblem({ A1: H, A2: H, A3: H, E, X, Y: Matrix.identity(2) }, 1 / Math.sqrt(2));
const { loss, gradient: dX, gradientY: dY } = await gradient(problem, { algorithm: "exact" });
console.log({ loss, dX: dX.data, dY: dY?.data });
