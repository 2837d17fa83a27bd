/** The most milliseconds that a timer counts, 25 days: one that is given more ends at once. */
const longestTimer = 2 ** 31 - 1;

/** `setTimeout` for a time of any length; beyond 25 days it is left at that. */
export const startTimer = (milliseconds: number, action: () => void): NodeJS.Timeout =>
	setTimeout(action, Math.min(longestTimer, Math.max(1, milliseconds)));
