import { z } from "zod";
import { readCached, writeCached } from "#platform";
import type { UnitTimes } from "./cost-model.ts";
import { type CostName, costs } from "./costs.ts";

/** Raised when terms or samples of the costs change. */
const FORMAT = 8;

type Versions = Partial<Record<CostName, number>>;

const stored = z.object({
	format: z.literal(FORMAT),
	key: z.string(),
	times: z.record(z.string(), z.object({ version: z.int(), units: z.array(z.number().min(0)) })),
});

/** The unit times that are cached for a key, of these versions; none where the file is missing, damaged or another's. */
export async function readUnitTimes(key: string, versions: Versions): Promise<UnitTimes> {
	const times = await readStored(key);
	return Object.fromEntries(
		Object.entries(costs).flatMap(([name, { nominal }]) => {
			const entry = times[name];
			const wanted = versions[name as CostName] ?? entry?.version;
			const fits = entry && entry.version === wanted && entry.units.length === nominal.length;
			return fits ? [[name, entry.units]] : [];
		}),
	);
}

/** Caches unit times beside those that are there. A cache that cannot be written is none: the next process measures again. */
export async function writeUnitTimes(key: string, times: UnitTimes, versions: Versions): Promise<void> {
	const added = Object.fromEntries(
		Object.entries(versions).map(([name, version]) => [name, { version, units: times[name as CostName] }]),
	);
	const text = JSON.stringify({ format: FORMAT, key, times: { ...(await readStored(key)), ...added } });
	try {
		await writeCached(key, text);
	} catch {
		// Not worth more than a measurement.
	}
}

async function readStored(key: string): Promise<z.output<typeof stored>["times"]> {
	try {
		const read = stored.safeParse(JSON.parse(await readCached(key)));
		return read.success && read.data.key === key ? read.data.times : {};
	} catch {
		return {};
	}
}
