/** Makes the date go back by an hour each time it is asked for: `node --import`. */
const RealDate = Date;
let now = RealDate.now();

globalThis.Date = class extends RealDate {
	constructor(...given: [] | ConstructorParameters<typeof RealDate>) {
		if (given.length === 0) super(Date.now());
		else super(...given);
	}

	static override now(): number {
		now -= 3_600_000;
		return now;
	}
} as DateConstructor;
