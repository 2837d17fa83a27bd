import { moment } from "./moment.ts";
import { paper } from "./paper.ts";
import { reverse } from "./reverse.ts";
import type { Route } from "./route.ts";

/** The routes by name. */
export const routes: Readonly<Record<Route["name"], Route>> = { paper, moment, reverse };
