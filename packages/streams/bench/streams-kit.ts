/**
 * One query of the kit that runs the same work on several engines, over topics that it has filled: the kit's command `run cmd QUERY -- npm
 * run -s bench -- streams-kit` sets the environment and checks the result. Prints `START` with the time; ends with 0 when all is committed.
 */
import { performance } from 'node:perf_hooks';
import { type Guarantee, Streams } from '../index.ts';
import { kitQueries, repartitioned } from './support/kit-queries.ts';

const { BOOTSTRAP, EXPECTED, GUARANTEE, OUT, QUERY, SRC0, SRC1 } = process.env;
const build = kitQueries[QUERY ?? ''];
if (BOOTSTRAP === undefined || OUT === undefined || SRC0 === undefined || build === undefined) {
  console.error(
    `streams-kit is started by the kit, which sets BOOTSTRAP, SRC0, SRC1, OUT, EXPECTED, GUARANTEE and QUERY`,
  );
  console.error(`(one of ${Object.keys(kitQueries).join(', ')})`);
  process.exit(2);
}
const guarantee: Guarantee = GUARANTEE === 'exactly_once_v2' ? 'exactly-once' : 'at-least-once';
const all = Promise.withResolvers<void>();
let missing = Number(EXPECTED) * (repartitioned.has(QUERY!) ? 2 : 1);
const onRecord = () => {
  if (--missing === 0) all.resolve();
};
const topology = build({ sources: [SRC0, SRC1 ?? SRC0], output: OUT, onRead: onRecord, onRepartitioned: onRecord });
const streams = new Streams({
  applicationId: `bs-${OUT}`,
  kafka: BOOTSTRAP,
  guarantee,
  // As the other engines of the kit have it.
  ...(guarantee === 'at-least-once' ? { commitIntervalMs: 2000 } : {}),
  onFailed: (error) => all.reject(error),
});
console.log(`START ${Math.round(performance.timeOrigin + performance.now())}`);
streams.add(topology);
await streams.start();
await all.promise;
await streams.close();
console.log(`END ${Math.round(performance.timeOrigin + performance.now())}`);
