export { locationFigures, locationRows } from "./figures.ts";
