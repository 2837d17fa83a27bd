/**
 * Receives the progress of a long computation.
 * @param done part of the work that is done, in rows: where every row is gone over several times, each pass counts by its work
 * @param total rows in all
 * @param preparation name of a first stage with a count of its own, since the work after it is not known yet; absent for the main work
 */
export type ProgressReport = (done: number, total: number, preparation?: string) => void;
