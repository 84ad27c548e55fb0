/** An instance in a process of its own, to be killed: counts the values of INPUT; tells one JSON object a line of what was restored. */
import { StateMemory, Streams, StreamsBuilder, serdes } from '../index.ts';

const { APPLICATION_ID = '', BOOTSTRAP = '', GUARANTEE, INPUT = '', STATE_DIR = '', STORAGE } = process.env;
const builder = new StreamsBuilder();
builder.stream<string, string>(INPUT, { value: serdes.string }).groupByKey().count({ store: 'counts' });
const tell = (fields: Record<string, unknown>, message: string) => {
  console.log(JSON.stringify({ ...fields, error: String(fields['error'] ?? ''), message }));
};
const streams = new Streams({
  applicationId: APPLICATION_ID,
  kafka: BOOTSTRAP,
  guarantee: GUARANTEE === 'exactly-once' ? 'exactly-once' : 'at-least-once',
  commitIntervalMs: 50,
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 500,
  // Killed and started anew, it has its tasks at once.
  groupInstanceId: 'one',
  stateDir: STATE_DIR,
  storage: STORAGE === 'disk' ? 'disk' : 'memory',
  // Each commit writes, so that a kill comes in the middle of it.
  stateMemory: new StateMemory({ bytes: 256 * 1024, flushIntervalMs: 0 }),
  logger: { debug() {}, info: tell, warn: tell, error: tell },
});
streams.add(builder.build());
await streams.start();
tell({}, 'running');
