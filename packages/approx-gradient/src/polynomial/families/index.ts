import { chebyshev } from "./chebyshev.ts";
import { minimax } from "./minimax.ts";
import { taylor } from "./taylor.ts";

/** The polynomial families by name. */
export const polynomialFamilies = { taylor, chebyshev, minimax };
