/** A program that adds rows to the store in its first argument until the disk takes no more, and prints how many it added. */
import { openStore } from "../store/store.ts";
import { sampleKey, sampleRow } from "./rows.ts";

const store = openStore(process.argv[2]);
let added = 0;
try {
	while (true) {
		store.put(sampleRow({ key: sampleKey(added) }));
		added++;
	}
} catch (error) {
	console.log(JSON.stringify({ added, message: (error as Error).message }));
}
store.close();
