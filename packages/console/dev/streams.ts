import type { ServerResponse } from 'node:http';
import { documentEvent, kafkaFlow, recordOf, searchFlow, topicsLive, topWords } from './answers.ts';
import { gatewayChanges, gatewayLimits, gatewayState } from './gateway-answers.ts';
import type { FixtureRecord, World } from './world.ts';

type Emit = (name: string, data: string, id?: string) => void;

/** One sub-stream of the multiplexer; returns how to stop it, or a refusal. */
export function openStream(
  world: World,
  path: string,
  isPartUp: (part: string) => boolean,
  emit: Emit,
  lastId?: string,
): (() => void) | { status: number; message: string } {
  const url = new URL(path, 'http://fixture');
  const every = (ms: number, run: () => void): (() => void) => {
    run();
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  };
  if (url.pathname === '/api/topics/_live') {
    return every(1000, () => {
      if (isPartUp('kafka')) emit('topics', JSON.stringify(topicsLive(world)));
      else emit('failure', JSON.stringify({ at: Date.now(), message: 'no broker answers at 127.0.0.1:9092' }));
    });
  }
  if (url.pathname === '/api/kafka/flow') return every(1000, () => emit('flow', JSON.stringify(kafkaFlow(world))));
  if (url.pathname === '/api/search/_headwater/flow') {
    if (!isPartUp('search'))
      return { status: 503, message: 'The part "search" does not answer at http://127.0.0.1:9200.' };
    return every(1000, () => emit('flow', JSON.stringify(searchFlow(world))));
  }
  if (url.pathname === '/api/gateway/events') {
    emit('changes', JSON.stringify(gatewayChanges));
    // Who has no services yet has none behind the gateway.
    const isEmpty = !world.topics.has('twitter-topic');
    return every(1000, () => emit('state', JSON.stringify({ ...gatewayState(), ...(isEmpty && { instances: [] }) })));
  }
  if (url.pathname === '/api/gateway/limits') return every(1000, () => emit('limits', JSON.stringify(gatewayLimits)));
  if (url.pathname === '/api/config/api/watch') {
    emit('current', '{"version":"b6e29368607b1bacf07cfc1f4e50cac8643b3c08","keys":4}', 'one');
    return () => {};
  }
  if (url.pathname === '/api/monitor/stream') return () => {};
  if (url.pathname === '/api/discovery/watch') return every(60_000, () => emit('snapshot', '{}', '00000000-1'));
  if (url.pathname === '/streams/top-words' && world.topics.has('twitter-topic')) {
    return every(500, () =>
      emit(
        'top-words',
        JSON.stringify(
          topWords(world, Number(url.searchParams.get('limit') ?? 20), Number(url.searchParams.get('minLength') ?? 1)),
        ),
      ),
    );
  }
  if (url.pathname === '/query/documents/get-document-by-text' && world.topics.has('twitter-topic'))
    return hits(world, url.searchParams.get('text') ?? '', emit);
  const topic = /^\/api\/consume\/(.+)$/.exec(url.pathname)?.[1];
  if (topic !== undefined && world.topics.has(decodeURIComponent(topic)))
    return tail(world, decodeURIComponent(topic), url.searchParams, emit, lastId);
  return { status: 404, message: `nothing is served at ${url.pathname}: no route takes it` };
}

/** The tail of a topic; with the id of an event it goes on after that one, as the log over HTTP does. */
function tail(world: World, topic: string, query: URLSearchParams, emit: Emit, lastId = ''): () => void {
  const partition = query.get('partition');
  const contains = query.get('contains') ?? '';
  let count = 0;
  const partitions = (): FixtureRecord[][] => world.topics.get(topic)?.partitions ?? [];
  const cursor = (): string =>
    partitions()
      .map((log, index) => `${index}:${log.length}`)
      .join(',');
  const tell = (record: FixtureRecord): void => {
    if (partition !== null && Number(partition) !== record.partition) return;
    if (contains !== '' && !record.value?.includes(contains)) return;
    count += 1;
    emit('record', JSON.stringify(recordOf(topic, record)), cursor());
  };
  const missed = [...lastId.matchAll(/(\d+):(\d+)/g)].flatMap(
    ([, at, from]) => partitions()[Number(at)]?.slice(Number(from)) ?? [],
  );
  for (const record of missed.sort((a, b) => a.timestamp - b.timestamp)) tell(record);
  const stop = world.onRecord((name, record) => {
    if (name === topic) tell(record);
  });
  const timer = setInterval(() => {
    emit('status', JSON.stringify({ cursor: cursor(), recordsPerSecond: count, lagRecords: 0, droppedRecords: 0 }));
    count = 0;
  }, 1000);
  return () => {
    stop();
    clearInterval(timer);
  };
}

function hits(world: World, text: string, emit: Emit): () => void {
  const send = (source: string): boolean => {
    const event = documentEvent(source, text);
    if (event) emit('document', event);
    return event !== null;
  };
  const found = world.documents.filter((document) => documentEvent(document.source, text) !== null);
  for (const document of found.slice(-30).reverse()) send(document.source);
  emit('live', JSON.stringify({ total: found.length, wordCount: world.words.get(text.toLowerCase()) ?? 0 }));
  let seen = world.documents.length;
  const timer = setInterval(() => {
    for (; seen < world.documents.length; seen += 1) send(world.documents[seen]!.source);
  }, 400);
  return () => clearInterval(timer);
}

/** `GET /api/live?s=…`: the contract's multiplexer. */
export function serveLive(
  world: World,
  query: URLSearchParams,
  isPartUp: (part: string) => boolean,
  response: ServerResponse,
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': live\n\n');
  const lastIds = new Map(
    query.getAll('last').map((last) => [Number.parseInt(last, 10), last.slice(last.indexOf(':') + 1)]),
  );
  const stops = query.getAll('s').map((path, index) => {
    const emit: Emit = (name, data, id) => {
      response.write(`event: ${index}:${name}\n${id === undefined ? '' : `id: ${index}:${id}\n`}data: ${data}\n\n`);
    };
    const opened = openStream(world, path, isPartUp, emit, lastIds.get(index));
    if (typeof opened === 'function') {
      emit('$open', '{}');
      return opened;
    }
    emit('$error', JSON.stringify({ ...opened, retryMs: 1000 }));
    return () => {};
  });
  response.on('close', () => {
    for (const stop of stops) stop();
  });
}
