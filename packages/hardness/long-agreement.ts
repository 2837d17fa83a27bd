/**
 * The long check: formulas of 13 to 20 variables, unsatisfiable at least as often as satisfiable, decided and counted
 * through exact gradients and compared with brute force over all assignments. Prints one line a formula; exits 1 at the
 * first difference. `npm run long-agreement -w @attgrad/hardness -- [LARGEST] [THREADS]`
 */
import { streaming } from "@attgrad/exact-gradient";
import { createRuntime } from "@attgrad/matrix-core";
import { count, countModels, createOracle, randomFormula, satisfies, solve, uniqueModelFormula } from "./src/index.ts";

const [largest = 20, threads = 2] = process.argv.slice(2).map(Number);
const runtime = await createRuntime({ threads });
const oracle = createOracle({ algorithm: streaming, runtime });

for (let variables = 13; variables <= largest; variables++) {
	const formulas = {
		threshold: randomFormula({ variables, seed: variables }),
		sparse: randomFormula({ variables, ratio: 3, seed: variables }),
		unique: uniqueModelFormula({ variables, seed: variables }).formula,
		dense: randomFormula({ variables, ratio: 6, seed: variables }),
		denser: randomFormula({ variables, ratio: 7, seed: variables }),
		wide: randomFormula({ variables, k: 4, ratio: 13, seed: variables }),
	};
	for (const [name, formula] of Object.entries(formulas)) {
		const models = countModels(formula);
		const start = performance.now();
		const solution = await solve(formula, { oracle });
		const seconds = (performance.now() - start) / 1000;
		const counted = await count(formula, { oracle });
		const right =
			solution.status === (models > 0 ? "satisfiable" : "unsatisfiable") &&
			(solution.status !== "satisfiable" || satisfies(formula, solution.assignment)) &&
			counted.status === "counted" &&
			counted.models === models;
		const { n, d } = solution.sizes!;
		console.log(
			`${right ? "ok" : "WRONG"} ${variables} variables ${name}: ${models} models, n ${n} d ${d}, ${solution.calls} calls, ${seconds.toFixed(2)} s, ${JSON.stringify(counted.status === "counted" ? counted.models : counted)}`,
		);
		if (!right) process.exit(1);
	}
}
await runtime.close();
