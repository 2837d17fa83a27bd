import { UsageError } from "@attgrad/matrix-core";

const words: Readonly<Record<string, string>> = {
	ENOENT: "no such file or folder",
	ENOTDIR: "a part of the path is not a folder",
	EACCES: "permission denied",
	EPERM: "permission denied",
	EISDIR: "is a folder",
	ENOSPC: "no space left on the device",
	EDQUOT: "disk quota exceeded",
	EROFS: "read-only file system",
	EFBIG: "file too large for the file system",
	ENAMETOOLONG: "name too long",
	EMFILE: "too many open files",
	EIO: "input/output error",
	ELOOP: "its links lead in a circle",
};

/** Whether an error of the system says that there is no such file. */
export function isAbsence(error: unknown): boolean {
	const code = error instanceof Error && "code" in error ? error.code : undefined;
	return code === "ENOENT" || code === "ENOTDIR";
}

/**
 * The UsageError for a file operation that the system refused: `cannot read p.npz: permission denied`.
 * Errors that are not the system's are handed back as they are.
 */
export function fileError(action: "read" | "write", path: string, error: unknown): unknown {
	if (!(error instanceof Error && "code" in error && typeof error.code === "string" && "syscall" in error))
		return error;
	return new UsageError(`cannot ${action} ${path}: ${words[error.code] ?? error.code}`);
}
