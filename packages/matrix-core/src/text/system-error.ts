/** Words for the refusals that are met most; others are said in the system's own words. */
const reasons: Readonly<Record<string, string>> = {
	EACCES: "permission denied",
	EISDIR: "it is a folder",
	ELOOP: "its links lead in a circle",
	EMFILE: "too many open files",
	ENOENT: "no such file or folder",
	ENOSPC: "the disk is full",
	ENOTDIR: "a part of its path is not a folder",
	EPERM: "permission denied",
	EROFS: "the file system is read-only",
};

const verbs: Readonly<Record<string, string>> = {
	copyfile: "copy",
	mkdir: "make the folder",
	mkdtemp: "make a folder like",
	open: "open",
	read: "read",
	readlink: "read",
	rename: "rename",
	rm: "remove",
	rmdir: "remove",
	scandir: "list",
	spawn: "start",
	unlink: "remove",
	write: "write",
};

/** Such a refusal as Node throws it. */
interface SystemError extends Error {
	readonly code?: string;
	readonly syscall?: string;
	readonly path?: string;
	readonly info?: { readonly message?: string };
}

/**
 * A refusal of the operating system in one line, `cannot open x.csv: permission denied`: the one place where such errors
 * become words.
 * @returns undefined for any other error
 */
export function describeSystemError(error: unknown): string | undefined {
	if (!(error instanceof Error)) return undefined;
	const { code, syscall, path, message, info } = error as SystemError;
	if (code === undefined || syscall === undefined) return undefined;
	if (syscall === "uv_cwd") return "the current folder no longer exists";
	if (syscall === "uv_os_homedir") return "there is no home folder; set HOME";
	const reason = reasons[code] ?? info?.message ?? /^[A-Z0-9]+: ([^,]*)/.exec(message)?.[1] ?? message;
	const [call = ""] = syscall.split(" ");
	return `cannot ${verbs[call] ?? call} ${path ?? "standard output"}: ${reason}`;
}
