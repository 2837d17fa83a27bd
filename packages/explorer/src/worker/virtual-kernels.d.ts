declare module "virtual:kernels" {
	/** Compiled kernels by the names of their files, deflated, as base64. */
	const kernels: Readonly<Record<string, string>>;
	export default kernels;
}
