// A formula answered by attention gradients and nothing else.
import { streaming } from "@attgrad/exact-gradient";
import { asLiterals, createOracle, readDimacs, solve } from "@attgrad/hardness";
import { createRuntime } from "@attgrad/matrix-core";

const formula = readDimacs("p cnf 4 4\n1 2 0\n-1 3 0\n-2 -3 0\n3 4 0\n");
const runtime = await createRuntime();
const oracle = createOracle({ algorithm: streaming, runtime });
const answer = await solve(formula, { oracle });
console.log(answer.status, answer.status === "satisfiable" ? asLiterals(answer.assignment).join(" ") : "");
console.log(`${oracle.calls} gradients`);
await runtime.close();
