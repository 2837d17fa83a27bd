/** The remainder of each byte for the polynomial of zip and gzip, bits reversed. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
	let remainder = byte;
	for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
	return remainder;
});

/**
 * The CRC-32 of zip and gzip, in plain TypeScript.
 * @param before that of the bytes that come before
 */
export function crc32(bytes: Uint8Array, before = 0): number {
	let crc = ~before;
	for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 255];
	return ~crc >>> 0;
}
