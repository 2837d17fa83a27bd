import type { AnswerRequest, FileAnswer } from "./tasks/data.ts";
import type { FormulaAnswer, FormulaRequest, RandomFormulaRequest } from "./tasks/formula.ts";
import type { LocateAnswer, LocateEvent, LocateRequest } from "./tasks/locate.ts";
import type { MatrixAnswer, MatrixRequest } from "./tasks/matrix.ts";
import type { RaceAnswer, RaceEvent, RaceRequest } from "./tasks/race.ts";

/** The computations that a page asks its worker for: what each takes, tells on the way, and gives. */
export interface Tasks {
	race: { request: RaceRequest; event: RaceEvent; answer: RaceAnswer };
	matrix: { request: MatrixRequest; event: never; answer: MatrixAnswer };
	formula: { request: FormulaRequest; event: never; answer: FormulaAnswer };
	randomFormula: { request: RandomFormulaRequest; event: never; answer: string };
	data: { request: AnswerRequest; event: never; answer: FileAnswer };
	locate: { request: LocateRequest; event: LocateEvent; answer: LocateAnswer };
}

/** Name of a computation. */
export type TaskName = keyof Tasks;

/** The message of a page to its worker. */
export interface Call {
	readonly id: number;
	readonly task: TaskName;
	readonly request: unknown;
	/** Kernel to compute on. @default the fastest */
	readonly kernel?: string | undefined;
	/** Threads to compute on. @default one for each processor */
	readonly threads?: number | undefined;
}

/** The message of a worker to its page. */
export type Reply =
	| { readonly id: number; readonly kind: "event"; readonly event: unknown }
	/** Part of the work that is done, 0 to 1. */
	| { readonly id: number; readonly kind: "progress"; readonly done: number }
	| {
			readonly id: number;
			readonly kind: "answer";
			readonly answer: unknown;
			readonly kernel: string;
			readonly threads: number;
	  }
	/** A message that the user can act on; `bug` where the program is at fault. */
	| { readonly id: number; readonly kind: "failure"; readonly message: string; readonly bug: boolean };
