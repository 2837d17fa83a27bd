import { findPackageJSON } from "node:module";
import type { Reason } from "@attgrad/attention-problem";

/** `true` where a package is installed, and otherwise why what needs it is left out. */
export function installed(name: string): true | Reason {
	try {
		if (findPackageJSON(name, import.meta.url)) return true;
	} catch {}
	return { reason: `the npm package ${name} is not installed` };
}

/** A package by name, so that nothing fails to load where it is not installed; `Module` is what is used of it. */
export async function load<Module>(name: string): Promise<Module> {
	return (await import(name)) as Module;
}
