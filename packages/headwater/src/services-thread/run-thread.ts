/** The thread that an example's services run in: starts and closes what it is told to, and tells what they log. */
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { parentPort } from 'node:worker_threads';
import type { Logger } from '@headwater/logger';
import type { RunningService, ServiceModule } from '../example.ts';
import type { FromThread, Level, ThreadService, ToThread } from './messages.ts';

const port = parentPort!;
const running = new Map<string, Promise<RunningService | undefined>>();
/** Files of authorities. */
const trusted = new Set<string>();
const isDebugging = process.env['HEADWATER_LOG_LEVEL'] === 'debug';
const tell = (message: FromThread): void => port.postMessage(message);

port.on('message', (message: ToThread) => {
  if (message.kind === 'start') running.set(message.service.name, begin(message.service));
  else void end(message.name);
});
process.stdin.on('newListener', function ask(event) {
  if (event !== 'data' && event !== 'readable') return;
  process.stdin.off('newListener', ask);
  tell({ kind: 'stdin' });
});

async function begin({ env, main, name }: ThreadService): Promise<RunningService | undefined> {
  try {
    trust(env['NODE_EXTRA_CA_CERTS']);
    const { start } = (await import(main)) as ServiceModule;
    const service = await start(env, { logger: loggerOf(name) });
    tell({ kind: 'ready', name, ...(service.url === undefined ? {} : { url: service.url }) });
    return service;
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    tell({ kind: 'failed', name, message, ...(typeof code === 'string' && { code }) });
    return undefined;
  }
}

/** A process of its own reads this file of authorities when it begins; each thread trusts its own. */
function trust(file: string | undefined): void {
  if (file === undefined || file === '' || trusted.has(file)) return;
  trusted.add(file);
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(file, 'utf8')]);
}

async function end(name: string): Promise<void> {
  const service = await running.get(name);
  running.delete(name);
  try {
    await service?.close();
  } catch (error) {
    loggerOf(name).error({ error: (error as Error).message }, 'did not close cleanly');
  }
  tell({ kind: 'closed', name });
}

function loggerOf(name: string): Logger {
  const at = (level: Level) => (fields: Record<string, unknown>, message: string) =>
    tell({ kind: 'log', name, level, fields: plain(fields), message });
  return { debug: isDebugging ? at('debug') : () => {}, info: at('info'), warn: at('warn'), error: at('error') };
}

/** What a message between threads can carry. */
function plain(fields: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value instanceof Error) result[key] = value.message;
    else if (typeof value === 'bigint' || typeof value === 'symbol') result[key] = String(value);
    else if (typeof value === 'object' && value !== null) result[key] = JSON.parse(JSON.stringify(value) ?? 'null');
    else if (typeof value !== 'function') result[key] = value;
  }
  return result;
}
