export { algorithmLabel, type Cell, cellKey, curveOf, describeCell } from "./cell.ts";
export { type Column, columns, decodeRow, encodeRow, isDispensable, type Row, type Status, statuses } from "./row.ts";
export { longExponent, sizeText } from "./size-text.ts";
