import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { consoleDir } from '../index.ts';
import { alertAnswer } from './alert-answers.ts';
import { consumePage, groupDetail, groupList, search, topicDetail, topicList, topWords } from './answers.ts';
import { configAnswer } from './config-answers.ts';
import { correlateAnswer } from './correlate-answers.ts';
import { gatewayRoutes } from './gateway-answers.ts';
import { identityAnswer } from './identity-answers.ts';
import { searchLogs, searchLogsMany } from './log-answers.ts';
import { LogWorld } from './log-world.ts';
import { metricAnswer } from './metric-answers.ts';
import { monitorAnswer } from './monitor-answers.ts';
import { FixtureRegistry } from './registry.ts';
import { ksqlAnswer, streamRides } from './sql-answers.ts';
import { serveLive } from './streams.ts';
import { traceAnswer } from './trace-answers.ts';
import { TraceWorld } from './trace-world.ts';
import { type QueryRefusal, queryAnswer, trendRows } from './tweet-answers.ts';
import { World } from './world.ts';

/**
 * The server that the console's browser tests and its development run against: the HTTP APIs of Headwater with made-up,
 * seeded data, and switches for what goes wrong. For tests and development only; no part of the product loads it.
 */
export interface Fixture {
  url: string;
  world: World;
  traces: TraceWorld;
  logs: LogWorld;
  /** Ends all connections and refuses new ones (true), or serves again. */
  setOffline(isOffline: boolean): void;
  setPart(key: string, isUp: boolean): void;
  /** Who one is to the gateway. */
  setUser(user: FixtureUser): void;
  /** What the query service answers in place of everything; null: it serves again. */
  setQueryRefusal(refusal: QueryRefusal | null): void;
  /** A row more for each push query; how many there are. */
  ride(): number;
  /** Requests that were made, `METHOD path`, newest last. */
  readonly requests: string[];
  close(): Promise<void>;
}

export interface FixtureUser {
  user: string | null;
  roles: readonly string[];
  isDeveloper: boolean;
  isLoggedIn: boolean;
  canLogIn: boolean;
}

export interface FixtureOptions {
  port?: number;
  seed?: number;
  hasTweets?: boolean;
  /** Tweets a second; 0 for a world that stands still. */
  perSecond?: number;
}

const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

export async function startFixture({
  port = 0,
  seed = 1,
  hasTweets = true,
  perSecond = 0,
}: FixtureOptions = {}): Promise<Fixture> {
  const world = new World({ seed, hasTweets });
  const traces = new TraceWorld({ seed, now: world.startedAt, isEmpty: !hasTweets });
  if (hasTweets) world.createTopic('headwater-logs', 3);
  const logs = new LogWorld({ seed, world, traces, isEmpty: !hasTweets });
  const registry = new FixtureRegistry(hasTweets);
  const downParts = new Set<string>();
  const requests: string[] = [];
  /** Of push queries that run: each call is a row. */
  const rides = new Set<() => void>();
  let isOffline = false;
  let refusal: QueryRefusal | null = null;
  let user: FixtureUser = {
    ...{ user: 'developer', roles: [], isDeveloper: true, isLoggedIn: false, canLogIn: true },
  };
  const isPartUp = (part: string): boolean => !downParts.has(part);

  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (requests.length > 1000) requests.shift();
    if (isOffline) {
      request.socket.destroy();
      return;
    }
    handle(request, response).catch((error: unknown) =>
      sendJson(response, 500, { error: { code: 'FIXTURE', message: String(error) } }),
    );
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const url = new URL(request.url ?? '/', 'http://fixture');
    const { pathname, searchParams } = url;
    const topicName = decodeURIComponent(/^\/api\/(?:topics|consume|produce)\/([^/]+)$/.exec(pathname)?.[1] ?? '');
    const topic = world.topics.get(topicName);
    if (pathname === '/') return void response.writeHead(302, { location: '/ui/' }).end();
    if (pathname.startsWith('/ui')) return sendFile(response, pathname);
    if (pathname === '/api/live') return serveLive(world, searchParams, isPartUp, response);
    if (pathname === '/oauth/me') return sendJson(response, 200, user);
    if (pathname.startsWith('/query/') && hasTweets) {
      if (refusal !== null) {
        response.writeHead(refusal.status, { 'content-type': 'application/json', ...refusal.headers });
        return void response.end(JSON.stringify(refusal.body));
      }
      const asked = { path: pathname, query: searchParams, accept: request.headers.accept ?? '' };
      const answer = queryAnswer(world, { ...asked, body: await bodyOf(request) }, response);
      if (answer === 'streaming') return;
      if (answer !== undefined)
        return void response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.text);
    }
    if (pathname === '/api') {
      const parts = [
        'kafka',
        'rest',
        'search',
        'sql',
        'config',
        'discovery',
        'identity',
        'zipkin',
        'monitor',
        'prometheus',
      ].map((key) => ({
        key,
        url: 'http://127.0.0.1',
        state: isPartUp(key) ? 'up' : 'down',
      }));
      return sendJson(response, 200, { parts });
    }
    if (pathname.startsWith('/api/search/') && !isPartUp('search')) {
      return sendJson(response, 503, {
        error: {
          code: 'HW_GATEWAY_UPSTREAM_DOWN',
          message: 'the part "search" does not answer at http://127.0.0.1:9200: connection refused',
        },
      });
    }
    if (pathname === '/api/correlate') return sendJson(response, 200, correlateAnswer(world, searchParams));
    if (pathname === '/api/topics' && hasTweets && searchParams.get('search')?.startsWith('tweet-words-'))
      return sendJson(response, 200, { topics: [{ name: searchParams.get('search') }] });
    if (pathname === '/api/topics' && request.method === 'GET')
      return sendJson(response, 200, topicList(world, searchParams));
    if (pathname === '/api/topics' && request.method === 'POST') return createTopic(response, await bodyOf(request));
    if (pathname.startsWith('/api/topics/')) {
      if (!topic)
        return sendJson(response, 404, {
          error: { code: 'HW_REST_UNKNOWN_TOPIC', message: `there is no topic "${topicName}"` },
        });
      if (request.method === 'DELETE') {
        world.topics.delete(topicName);
        return void response.writeHead(204).end();
      }
      return sendJson(response, 200, topicDetail(world, topic));
    }
    if (pathname.startsWith('/api/consume/')) {
      if (!topic)
        return sendJson(response, 404, {
          error: { code: 'HW_REST_UNKNOWN_TOPIC', message: `there is no topic "${topicName}"` },
        });
      return sendJson(response, 200, consumePage(topic, searchParams));
    }
    if (pathname.startsWith('/api/produce/') && request.method === 'POST')
      return produce(response, topicName, searchParams, await bodyOf(request));
    if (pathname === '/api/groups') return sendJson(response, 200, groupList(world));
    const groupId = /^\/api\/groups\/([^/]+)$/.exec(pathname)?.[1];
    if (groupId !== undefined) {
      const detail = groupDetail(world, decodeURIComponent(groupId));
      return detail
        ? sendJson(response, 200, detail)
        : sendJson(response, 404, {
            error: { code: 'HW_REST_UNKNOWN_GROUP', message: `there is no group "${decodeURIComponent(groupId)}"` },
          });
    }
    if (pathname === '/api/search/_cat/indices') {
      return sendJson(
        response,
        200,
        hasTweets
          ? [{ index: 'twitter-index', 'docs.count': String(world.documents.length), 'store.size': '184kb' }]
          : [],
      );
    }
    if (pathname === '/api/search/headwater-logs/_msearch')
      return sendJson(response, 200, searchLogsMany(logs, await bodyOf(request)));
    if (pathname === '/api/search/headwater-logs/_search') {
      if (!hasTweets) {
        const error = { type: 'index_not_found_exception', reason: 'no such index [headwater-logs]' };
        return sendJson(response, 404, { error, status: 404 });
      }
      const { status, answer } = searchLogs(logs, await bodyOf(request));
      return sendJson(response, status, answer);
    }
    if (/^\/api\/search\/[^/]+\/_search$/.test(pathname)) {
      const { status, text } = search(world, await bodyOf(request));
      return void response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    }
    const documentId = /^\/api\/search\/[^/]+\/_doc\/([^/]+)$/.exec(pathname)?.[1];
    if (documentId !== undefined) {
      const found = world.documents.find((document) => document.id === documentId);
      if (!found) return sendJson(response, 404, { _index: 'twitter-index', _id: documentId, found: false });
      return void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`{"_index":"twitter-index","_id":"${documentId}","_version":1,"found":true,"_source":${found.source}}`);
    }
    const identityPath = /^\/api\/identity\/admin\/realms(.*)$/.exec(pathname)?.[1];
    const identityBody = identityPath === undefined ? undefined : identityAnswer(identityPath);
    if (identityBody !== undefined) return sendJson(response, 200, identityBody);
    if (pathname === '/api/gateway/routes') return sendJson(response, 200, gatewayRoutes);
    const configName = /^\/api\/config\/api\/([a-z]+)$/.exec(pathname)?.[1];
    const configBody = configName === undefined ? undefined : configAnswer(configName, searchParams);
    if (configBody !== undefined) return sendJson(response, 200, configBody);
    if (pathname.startsWith('/api/discovery/')) {
      const answer = registry.answer(request.method ?? 'GET', pathname.slice('/api/discovery'.length), searchParams);
      return sendJson(
        response,
        answer === null ? 404 : 200,
        answer ?? { error: 'Not Found', message: 'not registered' },
      );
    }
    if (pathname.startsWith('/api/monitor/')) {
      const path = pathname.slice('/api/monitor'.length);
      const answer =
        monitorAnswer(path, searchParams, !hasTweets) ??
        alertAnswer(request.method ?? 'GET', path, await bodyOf(request), !hasTweets);
      if (answer !== undefined) return sendJson(response, 200, answer);
    }
    if (pathname.startsWith('/api/prometheus/api/v1/')) {
      const answer = metricAnswer(pathname.slice('/api/prometheus/api/v1'.length), searchParams, !hasTweets);
      if (answer !== undefined) return sendJson(response, answer.status, answer.body);
    }
    if (pathname.startsWith('/api/zipkin/api/v2/')) {
      const answer = traceAnswer(traces, pathname.slice('/api/zipkin/api/v2'.length), searchParams);
      if (answer !== undefined) return sendJson(response, 200, answer);
    }
    if (pathname === '/api/sql/ksql') {
      const { answer, status } = ksqlAnswer(await bodyOf(request), hasTweets);
      return sendJson(response, status, answer);
    }
    if (pathname === '/api/sql/query-stream') {
      const body = await bodyOf(request);
      const trends = hasTweets ? trendRows(body) : undefined;
      if (trends !== undefined) return void response.writeHead(200).end(trends);
      const next = streamRides(body, response);
      rides.add(next);
      response.on('close', () => rides.delete(next));
      return;
    }
    if (pathname === '/streams/top-words') return sendJson(response, 200, topWords(world, 20));
    return sendJson(response, 404, {
      error: { code: 'HW_GATEWAY_NOT_FOUND', message: `nothing is served at ${pathname}` },
    });
  }

  function createTopic(response: ServerResponse, body: string): unknown {
    const { name, partitions, configs } = JSON.parse(body) as {
      name: string;
      partitions?: number;
      configs?: Record<string, string>;
    };
    if (!/^[\w.-]{1,249}$/.test(name)) {
      return sendJson(response, 400, {
        error: {
          code: 'HW_REST_TOPIC_NAME',
          message: `"${name}" is not a topic name: letters, digits, ".", "_" and "-" only`,
        },
      });
    }
    if (world.topics.has(name))
      return sendJson(response, 409, {
        error: { code: 'HW_REST_TOPIC_EXISTS', message: `there is a topic "${name}" already` },
      });
    world.createTopic(name, partitions ?? 1, configs);
    return sendJson(response, 201, { name });
  }

  function produce(response: ServerResponse, topicName: string, query: URLSearchParams, body: string): unknown {
    try {
      JSON.parse(body);
    } catch {
      return sendJson(response, 400, { error: { code: 'HW_REST_BAD_JSON', message: 'the body is not JSON' } });
    }
    const headers = Object.fromEntries(
      query.getAll('header').map((text) => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)]),
    );
    const record = world.produce(topicName, body, query.get('key'), Date.now(), headers);
    sendJson(response, 200, {
      topic: topicName,
      partition: record.partition,
      offset: record.offset,
      timestamp: record.timestamp,
    });
  }

  const timer = perSecond > 0 ? setInterval(() => !isOffline && world.tweet(), 1000 / perSecond) : undefined;
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    world,
    traces,
    logs,
    requests,
    setUser: (next) => {
      user = next;
    },
    setQueryRefusal: (next) => {
      refusal = next;
    },
    ride: () => {
      for (const next of rides) next();
      return rides.size;
    },
    setOffline: (offline) => {
      isOffline = offline;
      if (offline) server.closeAllConnections();
    },
    setPart: (key, isUp) => void (isUp ? downParts.delete(key) : downParts.add(key)),
    close: async () => {
      clearInterval(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function sendFile(response: ServerResponse, pathname: string): Promise<void> {
  const name = normalize(pathname.replace(/^\/ui\/?/, ''));
  const isFile = extname(name) in types && !name.startsWith('..');
  const path = join(consoleDir, isFile ? name : 'index.html');
  try {
    const body = await readFile(path);
    response
      .writeHead(200, {
        'content-type': types[extname(path)] ?? 'application/octet-stream',
        'content-security-policy': contentSecurityPolicy,
      })
      .end(body);
  } catch {
    response.writeHead(404).end('not found');
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
