/** A colour, three numbers of 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Gives the colour of a number from 0 to 1. */
export type ColourScale = (share: number) => Colour;

/** Colours between stops that are equally far from each other. */
const between =
	(...stops: readonly Colour[]): ColourScale =>
	(share) => {
		const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
		const low = Math.min(stops.length - 2, Math.floor(at));
		const [from, to] = [stops[low], stops[low + 1]];
		if (!from || !to) return [0, 0, 0];
		const part = at - low;
		return [0, 1, 2].map((i) =>
			Math.round((from[i] ?? 0) + part * ((to[i] ?? 0) - (from[i] ?? 0))),
		) as unknown as Colour;
	};

/** Dark to light, equal steps looking equal, for those who do not see red and green apart too (viridis). */
export const sequential = between([68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]);

/** Blue below the middle, orange above. */
export const diverging = between([0, 80, 150], [120, 180, 220], [245, 245, 245], [250, 180, 100], [180, 80, 0]);
