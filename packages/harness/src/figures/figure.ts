export interface Figure {
	readonly name: string;
}
