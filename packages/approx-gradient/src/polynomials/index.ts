import { chebyshev } from "./chebyshev.ts";
import { taylor } from "./taylor.ts";

/** The polynomial families by name. */
export const polynomialFamilies = { taylor, chebyshev };
