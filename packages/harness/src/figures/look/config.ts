import { fontSize, fontStack } from "./layout.ts";
import { ink } from "./palette.ts";

/** The look of titles, axes, legends and text, as vega-lite takes it. */
export const config = {
	font: fontStack,
	title: {
		anchor: "start",
		frame: "bounds",
		fontSize: fontSize.title,
		fontWeight: 700,
		color: ink.text,
		lineHeight: 21,
		subtitleFontSize: fontSize.subtitle,
		subtitleColor: ink.faint,
		subtitleLineHeight: 16,
		subtitlePadding: 5,
		offset: 12,
	},
	axis: {
		labelFontSize: fontSize.tick,
		labelColor: ink.text,
		titleFontSize: fontSize.axisTitle,
		titleFontWeight: 400,
		titleColor: ink.text,
		titlePadding: 8,
		gridColor: ink.grid,
		tickColor: ink.guide,
		domainColor: ink.guide,
		labelOverlap: false,
	},
	legend: {
		labelFontSize: fontSize.label,
		labelColor: ink.text,
		labelLimit: 0,
		titleFontSize: fontSize.axisTitle,
		titleFontWeight: 400,
		titleColor: ink.text,
		titleLimit: 0,
		symbolSize: 70,
		symbolStrokeWidth: 2,
		columnPadding: 18,
	},
	text: { font: fontStack, fontSize: fontSize.tick, baseline: "middle" },
	point: { opacity: 1 },
	view: { stroke: null },
} as const;
