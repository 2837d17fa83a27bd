export { chooseColumns, filledColumns, type RowTable, rowTable, type TableValue, whereRows } from "./row-table.ts";
export { formatTable, type TableFormat, tableFormats } from "./table-formats.ts";
