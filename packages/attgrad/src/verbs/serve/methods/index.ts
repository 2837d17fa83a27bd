import type { Runtime } from "@attgrad/matrix-core";
import { meantOrKnown, UsageError } from "@attgrad/matrix-core";
import type { Answer } from "../answer.ts";
import type { ServeRequest } from "../request.ts";

type Method = (request: ServeRequest, runtime: Runtime) => Promise<Answer>;

/** The methods that compute, each loaded when it is first asked for. */
const methods: Readonly<Record<string, () => Promise<Method>>> = {
	backward: async () => (await import("./backward.ts")).answerBackward,
	forward: async () => (await import("./forward.ts")).answerForward,
	gradient: async () => (await import("./gradient.ts")).answerGradient,
	plan: async () => (await import("./plan.ts")).answerPlan,
};

/** Names of all methods. */
export const methodNames: readonly string[] = [...Object.keys(methods), "version", "ping"];

/** The method of a name. @throws UsageError for an unknown name, with what was probably meant */
export async function findMethod(name: string): Promise<Method> {
	if (!Object.hasOwn(methods, name))
		throw new UsageError(`unknown method: ${name} (${meantOrKnown(name, methodNames)})`);
	return methods[name]();
}
