/** A store in a process of its own, to be killed: `node serve.ts DIR` prints its URL. */
import { startSearch } from '../../index.ts';

const store = await startSearch({ dataDir: process.argv[2] });
console.log(store.url);
