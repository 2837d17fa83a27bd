import { truthOf } from "@attgrad/attention-problem/reference";
import type { Random, Runtime } from "@attgrad/matrix-core";
import { anisotropicRequest } from "../../src/polynomial/gauss/anisotropic/anisotropic-gradient.ts";
import { heaviestMonomials } from "../../src/polynomial/gauss/anisotropic/monomial-set.ts";
import { gaussOfSet } from "../../src/polynomial/gauss/gauss-gradient.ts";
import { profileOn } from "../../src/polynomial/method/method-of.ts";
import { polynomial } from "../../src/polynomial/polynomial.ts";
import type { AttackedProblem } from "./problems.ts";
import { pick } from "./problems.ts";
import { claimOf, type Target } from "./target.ts";

/** A random downward-closed set, whatever the data are: by how much a power of each coordinate lessens a monomial's weight, and the least weight. */
const randomSet = (d: number, random: Random) => ({
	degree: random.integer(0, random.integer(0, 3) > 0 ? 4 : 9),
	slopes: Array.from({ length: d }, () => random.uniform(0, 3)),
	least: -random.uniform(0, 9),
});

/** Polynomials by row over an anisotropic set of monomials: the one that is chosen for a degree or, mostly, a random one. */
export const anisotropic: Target = {
	name: "polynomial by rows, anisotropic",
	prepare({ given, problem }: AttackedProblem, random: Random) {
		const form = pick(random, ["l1", "v2", "v2"] as const);
		const set = randomSet(problem.d, random);
		const isChosen = random.integer(0, 3) === 0;
		return {
			options: isChosen ? { degree: set.degree, form } : { ...set, form },
			async run(runtime: Runtime) {
				const { degree } = set;
				const result = isChosen
					? await polynomial.run(
							problem,
							polynomial.options.parse({ basis: "gauss", monomials: "anisotropic", degree, form }),
							runtime,
						)
					: await bySet(problem, set, form, runtime);
				return claimOf(result.certificate, result.gradient, () => truthOf(given).gradient);
			},
		};
	},
};

async function bySet(
	problem: AttackedProblem["problem"],
	{ degree, slopes, least }: ReturnType<typeof randomSet>,
	form: "l1" | "v2",
	runtime: Runtime,
) {
	const weights = slopes.map((slope) => Float64Array.from({ length: degree + 1 }, (_, a) => -a * slope));
	const chosen = heaviestMonomials(weights, degree, least, 1e6);
	if (!chosen) throw new Error("a random set is too large");
	return gaussOfSet(anisotropicRequest(problem, await profileOn(problem, runtime), runtime, form), chosen);
}
