import { availableKernels } from "@attgrad/matrix-core";
import { scriptArguments, wholeNumber } from "@attgrad/matrix-core/script-arguments";
import { tryShape } from "./shapes.ts";

const { count, first } = scriptArguments({
	call: "npm run fuzz:kernels",
	summary: `Compares every kernel with plain TypeScript on many random shapes; exits 1 where one was further off than rounding allows.`,
	positionals: {
		count: wholeNumber("shapes", { default: 2000 }),
		first: wholeNumber("the first seed", { least: 0, default: 0 }),
	},
});

let [worst, wrong] = [0, 0];
for (let seed = first; seed < first + count; seed++)
	for (const kernel of await availableKernels()) {
		if (kernel === "js") continue;
		const { description, share } = await tryShape(seed, kernel);
		worst = Math.max(worst, share);
		if (share <= 1) continue;
		wrong++;
		console.log(`${description}: ${share.toPrecision(3)} times what rounding allows`);
	}
console.log(`${count} shapes, ${wrong} wrong; the largest error is ${worst.toPrecision(2)} of what rounding allows`);
process.exit(wrong > 0 ? 1 : 0);
