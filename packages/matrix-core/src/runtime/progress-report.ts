/**
 * Told now and then how far a long computation is.
 * @param done part of the work that is done, in rows: where every row is gone over several times, each pass counts by its work
 * @param total rows in all
 * @param preparation what comes first and is counted by itself, since the work after it is not known yet; absent for that work
 */
export type ProgressReport = (done: number, total: number, preparation?: string) => void;
