import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A folder for the files of a test file, removed after its tests. */
export function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "attgrad-harness-"));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** A new folder in a temporary one. */
export function folderIn(parent: string): string {
	return mkdtempSync(join(parent, "test-"));
}
