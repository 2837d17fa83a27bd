/**
 * Gives the reader a file.
 * @param {string} name
 * @param {Blob} content
 */
export function download(name, content) {
	const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(content), download: name });
	link.click();
	URL.revokeObjectURL(link.href);
}
