import type { AttentionProblem } from "@attgrad/attention-problem";
import type { KernelName, RowSource, Runtime } from "@attgrad/matrix-core";
import { polynomialFamilies } from "../families/index.ts";
import { type Profile, profileOf } from "../profile/profile.ts";
import { kernelSums } from "../profile/profile-kernels.ts";
import { plainSums } from "../profile/profile-sums.ts";
import { routes } from "../routes/index.ts";
import type { Route } from "../routes/route.ts";
import type { Method } from "./approximation.ts";
import { balancedSpace } from "./feature-space.ts";
import { principalSpace } from "./principal-space.ts";

/** The choices that make a method, by name. */
export interface MethodChoice {
	readonly route: Route["name"];
	readonly basis: keyof typeof polynomialFamilies;
	readonly monomials: "total-degree" | "anisotropic";
	readonly kernel: KernelName;
}

/** The profile of a problem, gathered on the runtime's kernels and with its progress. Four passes over rows, O(n d²). */
export const profileOn = (problem: AttentionProblem<RowSource>, runtime: Runtime): Promise<Profile> =>
	profileOf(problem, runtime.kernel === "js" ? plainSums(problem, runtime.onProgress) : kernelSums(problem, runtime));

/** How a problem is to be approximated; anisotropic sets take two more passes over its rows. */
export function methodOf(
	problem: AttentionProblem<RowSource>,
	profile: Profile,
	{ route, basis, monomials, kernel }: MethodChoice,
): Method {
	return {
		profile,
		space: monomials === "anisotropic" ? principalSpace(problem, profile) : balancedSpace(profile),
		route: routes[route],
		family: polynomialFamilies[basis],
		kernel,
	};
}
