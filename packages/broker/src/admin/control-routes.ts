import { type HttpContext, HttpError, type HttpServer } from '@headwater/http';
import type { Broker } from '../broker.ts';
import { BrokerError } from '../broker-error.ts';
import type { FencedProducer } from '../control/fence-producer.ts';
import type { FaultRule } from '../faults/fault-rule.ts';
import { StorageError } from '../storage/index.ts';

type Fields = Record<string, unknown>;

/**
 * The controls of `Broker` over HTTP, for tests in other processes and languages: docs/control.md. Whoever reaches the port could
 * stop the broker, so without `adminControl: true` every one of them is refused.
 */
export function addControlRoutes(http: HttpServer, broker: Broker, isAllowed: boolean): void {
  const route = (method: string, path: string, handle: (ctx: HttpContext) => unknown): void => {
    http.route(method, `/control${path}`, async (ctx) => {
      if (!isAllowed) {
        const message = 'Control over HTTP is off. Start the broker with adminControl: true, in tests only.';
        throw new HttpError(403, 'HW_BROKER_CONTROL_OFF', message);
      }
      try {
        const answer = await handle(ctx);
        if (!ctx.res.headersSent) ctx.sendJson(200, answer ?? {});
      } catch (error) {
        throw error instanceof BrokerError || error instanceof StorageError ? told(error) : error;
      }
    });
  };
  const clock = () => ({ now: broker.clock.now(), isFrozen: broker.clock.isFrozen });
  const fault = (ctx: HttpContext) => {
    const found = broker.faults.find(Number(ctx.params['id']));
    if (found !== undefined) return found;
    throw new HttpError(
      404,
      'HW_BROKER_CONTROL',
      `There is no fault ${ctx.params['id']}. GET /control/faults lists them.`,
    );
  };

  route('GET', '/clock', clock);
  route('POST', '/clock/freeze', () => {
    broker.clock.freeze();
    return clock();
  });
  route('POST', '/clock/resume', () => {
    broker.clock.resume();
    return clock();
  });
  route('POST', '/clock/advance', async (ctx) => {
    await broker.clock.advance(number(await fields(ctx), 'ms'));
    return clock();
  });
  route('POST', '/clock/set', async (ctx) => {
    const { at } = await fields(ctx);
    await broker.clock.set(typeof at === 'string' ? new Date(at) : (at as number));
    return clock();
  });

  route('GET', '/faults', () => ({ faults: broker.faults.list() }));
  route('POST', '/faults', async (ctx) => {
    ctx.sendJson(201, broker.faults.add((await fields(ctx)) as unknown as FaultRule).status());
  });
  route('GET', '/faults/:id', (ctx) => fault(ctx).status());
  route('DELETE', '/faults/:id', (ctx) => {
    const found = fault(ctx);
    found.remove();
    return found.status();
  });
  route('DELETE', '/faults', () => broker.faults.removeAll());

  route('POST', '/groups/:groupId/rebalance', (ctx) => broker.rebalance(ctx.params['groupId']!));
  route('POST', '/producers/fence', async (ctx) => broker.fence((await fields(ctx)) as FencedProducer));

  route('POST', '/stop', async (ctx) => broker.stop(crashOption(await fields(ctx))));
  route('POST', '/start', () => broker.start());
  route('POST', '/restart', async (ctx) => broker.restart(crashOption(await fields(ctx))));

  route('GET', '/snapshot', (ctx) => sendSnapshot(ctx, broker));
  route('PUT', '/snapshot', (ctx) => broker.restore(ctx.req));
}

async function sendSnapshot(ctx: HttpContext, broker: Broker): Promise<void> {
  const stream = broker.snapshotStream();
  ctx.res.writeHead(200, {
    'content-type': 'application/x-tar',
    'content-disposition': 'attachment; filename="broker.tar"',
  });
  try {
    for await (const chunk of stream) {
      if (ctx.res.write(chunk)) continue;
      await new Promise<void>((resolve) => {
        ctx.res.once('drain', resolve);
        ctx.res.once('close', resolve);
      });
      if (ctx.res.destroyed) return;
    }
    ctx.res.end();
  } catch {
    // Its length is not told before, so that this is how a client sees that it is not whole.
    ctx.res.destroy();
  }
}

async function fields(ctx: HttpContext): Promise<Fields> {
  const body = (await ctx.json()) ?? {};
  if (typeof body === 'object' && !Array.isArray(body)) return body as Fields;
  throw new HttpError(400, 'HW_BROKER_CONTROL', 'The body is a JSON object.');
}

function number(from: Fields, name: string): number {
  const value = from[name];
  if (typeof value === 'number') return value;
  throw new HttpError(400, 'HW_BROKER_CONTROL', `The body needs ${name}, a number: {"${name}":1000}.`);
}

function crashOption({ crash }: Fields): { crash: boolean } {
  if (crash === undefined || typeof crash === 'boolean') return { crash: crash ?? false };
  throw new HttpError(400, 'HW_BROKER_CONTROL', 'crash is true or false.');
}

/** Asked wrongly: 400; a broker that cannot do it now: 409. */
function told({ code, message }: BrokerError | StorageError): HttpError {
  return new HttpError(code === 'HW_BROKER_CONTROL' || code === 'HW_BROKER_SNAPSHOT' ? 400 : 409, code, message);
}
