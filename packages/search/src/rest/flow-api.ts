import type { Store } from '../cluster/store.ts';
import type { Flow } from '../flow.ts';
import { writeJsonText } from '../json/json-writer.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';

const everyMs = 1_000;

/** What flows through the store: one JSON object, or one a second for who asks for an event stream. */
export function flowRoutes(store: Store, flow: Flow): RestRoute[] {
  return [
    { methods: ['GET'], path: '/_headwater/flow', params: [], handler: (request) => answer(store, flow, request) },
  ];
}

function answer(store: Store, flow: Flow, request: RestRequest): RestAnswer | null {
  if (!String(request.ctx.req.headers.accept ?? '').includes('text/event-stream')) {
    return { status: 200, body: snapshot(store, flow) };
  }
  const stream = request.ctx.sse();
  const send = (): void => {
    // A reader that does not keep up misses some of them: the next one says all again.
    if (!stream.isClosed) stream.send({ event: 'flow', data: writeJsonText(snapshot(store, flow)) });
  };
  send();
  const timer = setInterval(send, everyMs);
  timer.unref();
  void stream.closed.then(() => clearInterval(timer));
  return null;
}

function snapshot(store: Store, flow: Flow): Record<string, unknown> {
  return {
    at: Date.now(),
    clients: flow.clients,
    indices: [...store.indices.values()].map((index) => ({
      index: index.name,
      documents: index.shards.reduce((sum, shard) => sum + shard.liveDocs, 0),
      ...flow.totals(index.name),
    })),
    droppedEntries: flow.droppedEntries,
  };
}
