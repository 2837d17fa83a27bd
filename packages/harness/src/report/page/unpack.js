/**
 * The text that an element of the page holds, compressed.
 * @param {string} id
 * @returns {Promise<string>}
 */
export async function unpack(id) {
	const bytes = Uint8Array.from(atob(document.getElementById(id)?.textContent ?? ""), (byte) => byte.charCodeAt(0));
	return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}
