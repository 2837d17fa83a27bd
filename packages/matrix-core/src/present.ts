/**
 * A value that must be there, with a type that is never undefined. Its absence is a bug, not a user's mistake.
 * @param name of the value, for the message: `the last attempt of shard 3`
 * @throws Error `NAME is missing` where it is undefined or null
 */
export function present<Value>(value: Value | null | undefined, name: string): NonNullable<Value> {
	if (value === undefined || value === null) throw new Error(`${name} is missing`);
	return value;
}
