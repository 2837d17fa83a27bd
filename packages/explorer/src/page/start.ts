// The program of the page.
import { startData } from "./sections/data.ts";
import { startFormula } from "./sections/formula.ts";
import { startMatrix } from "./sections/matrix.ts";
import { startRace } from "./sections/race.ts";
import { startThreshold } from "./sections/threshold.ts";
import { namedSection } from "./state.ts";

for (const start of [startThreshold, startRace, startMatrix, startFormula, startData]) start();
document.getElementById(namedSection())?.scrollIntoView();
document.documentElement.dataset["ready"] = "true";
