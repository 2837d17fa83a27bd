/** Signatures, fixed lengths and field values of the records of a zip archive (PKWARE's APPNOTE, section 4.3). */
export const signature = {
	localHeader: 0x04034b50,
	centralHeader: 0x02014b50,
	end: 0x06054b50,
	zip64End: 0x06064b50,
	zip64Locator: 0x07064b50,
} as const;

/** Bytes of a record before its name, extra fields and comment. */
export const fixedLength = { localHeader: 30, centralHeader: 46, end: 22, zip64End: 56, zip64Locator: 20 } as const;

/** The value of a field of 16 or 32 bits when its true value is in a zip64 record. */
export const SEE_ZIP64_16 = 0xffff;
export const SEE_ZIP64_32 = 0xffffffff;

/** Id of the extra field with 64-bit sizes and offset. */
export const ZIP64_EXTRA = 1;

/** Compression methods. */
export const method = { stored: 0, deflated: 8 } as const;
