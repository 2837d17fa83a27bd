import { expect, test } from "vitest";
import { moduleBeside } from "./module-beside.ts";

test("a module beside TypeScript is TypeScript, one beside compiled code is compiled", () => {
	expect(moduleBeside("file:///a/src/team.ts", "worker").href).toBe("file:///a/src/worker.ts");
	expect(moduleBeside("file:///a/dist/team.js", "worker").href).toBe("file:///a/dist/worker.js");
});
