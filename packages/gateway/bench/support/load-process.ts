/** The own generator as a process: `load-process.ts URL CONNECTIONS SECONDS TOKEN`; prints one JSON object. */
import { load } from './load.ts';

const [url = '', connections, seconds, token] = process.argv.slice(2);
const result = await load(url, Number(connections), Number(seconds), token === '' ? undefined : token);
console.log(JSON.stringify({ ...result, requestsPerSecond: result.requests / result.seconds, failures: 0 }));
