export { DrawingContext } from "./drawing-context.ts";
export { type FontFiles, pdfPage } from "./pdf.ts";
export { latexText, pgfPage } from "./pgf.ts";
