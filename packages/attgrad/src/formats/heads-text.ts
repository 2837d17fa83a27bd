/** Heads of a layer in words, with a comma behind: `heads 4 on 2 of keys, `; nothing for one head. */
export function headsText(layer: {
	readonly batch: number;
	readonly heads: number;
	readonly keyHeads: number;
}): string {
	const { batch, heads, keyHeads } = layer;
	if (batch * heads === 1) return "";
	const groups = keyHeads === heads ? "" : ` on ${keyHeads} of keys`;
	return `${batch > 1 ? `batch ${batch}, ` : ""}heads ${heads}${groups}, `;
}
