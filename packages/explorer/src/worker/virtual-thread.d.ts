declare module "virtual:thread" {
	/** The program of `thread.ts`, bundled. */
	const program: string;
	export default program;
}
