import { HttpError, type HttpServer } from '@headwater/http';
import { type CountBy, minuteMs } from '../board/counts.ts';
import type { Hub } from '../board/hub.ts';
import { eventKinds } from '../board/recent-events.ts';
import { serviceView } from '../board/service-view.ts';
import type { Tell } from '../events/records.ts';
import { streamEvents } from './event-stream.ts';
import { badParameter, choiceParameter, numberParameter } from './query-parameters.ts';
import { readNotification } from './read-notification.ts';
import { readTriggers } from './read-triggers.ts';

export interface MonitorRoutesOptions {
  hub: Hub;
  tell: Tell;
  /** Whether what was told is on the log: waited for within a bound. */
  isKept: (kind: 'notification' | 'trigger') => Promise<boolean>;
  now: () => number;
}

const bodyBytesMax = 256 * 1024;
const rowsMax = 100_000;
const countBys: readonly CountBy[] = ['minute', 'hour', 'day', 'week'];
/** What is shown where nobody says since when. */
const spanMs: Record<CountBy, number> = {
  minute: 60 * minuteMs,
  hour: 24 * 3_600_000,
  day: 7 * 86_400_000,
  week: 28 * 86_400_000,
};

export function addMonitorRoutes(server: HttpServer, { hub, isKept, now, tell }: MonitorRoutesOptions): void {
  server.route('GET', '/services', (ctx) => {
    const nowMs = now();
    ctx.sendJson(200, {
      timestampMs: nowMs,
      services: hub.services().map((name) => serviceView(hub, name, nowMs)),
    });
  });
  server.route('GET', '/services/:name', (ctx) => {
    const name = decodeURIComponent(ctx.params['name']!).toLowerCase();
    const view = serviceView(hub, name, now());
    if (!hub.services().includes(name))
      throw new HttpError(
        404,
        'HW_MONITOR_UNKNOWN_SERVICE',
        `nothing is known of a service "${name.slice(0, 100)}": GET /services lists those that are`,
      );
    ctx.sendJson(200, { ...view, events: hub.events.list({ service: name, limit: 50 }) });
  });
  server.route('GET', '/events', (ctx) => {
    const events = hub.events.list({
      kind: choiceParameter(ctx, 'kind', eventKinds),
      service: ctx.query.get('service')?.toLowerCase() ?? undefined,
      sinceMs: numberParameter(ctx, 'sinceMs', { default: 0, min: 0, max: Number.MAX_SAFE_INTEGER }),
      limit: numberParameter(ctx, 'limit', { default: 100, min: 1, max: 2_000 }),
    });
    ctx.sendJson(200, { events });
  });
  server.route('GET', '/stream', (ctx) => streamEvents(ctx, hub.events));
  server.route('GET', '/counts', (ctx) => {
    const kind = choiceParameter(ctx, 'kind', ['trigger', 'crash', 'notification']) ?? 'trigger';
    const by = choiceParameter(ctx, 'by', countBys) ?? 'minute';
    const untilMs = numberParameter(ctx, 'untilMs', { default: now() + 1, min: 0, max: Number.MAX_SAFE_INTEGER });
    const sinceMs = numberParameter(ctx, 'sinceMs', {
      default: untilMs - spanMs[by],
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
    });
    const service = ctx.query.get('service')?.toLowerCase() ?? undefined;
    const name = ctx.query.get('name') ?? undefined;
    const rows = hub.counts.rows({ kind, by, sinceMs, untilMs, service, name });
    if (rows.length > rowsMax)
      throw badParameter(
        `that would be ${rows.length} counts, more than ${rowsMax}: ask for a service, a longer bucket, or less time`,
      );
    ctx.sendJson(200, { kind, by, sinceMs, untilMs, counts: rows });
  });
  server.route(
    'POST',
    '/notify',
    async (ctx) => {
      const record = readNotification(await ctx.json(), now());
      tell('notification', record);
      ctx.sendJson(202, { id: record.id, isKept: await isKept('notification') });
    },
    { maxBodyBytes: bodyBytesMax },
  );
  server.route(
    'POST',
    '/triggers',
    async (ctx) => {
      const records = readTriggers(await ctx.json(), now());
      for (const record of records) tell('trigger', record);
      ctx.sendJson(202, { accepted: records.length, isKept: await isKept('trigger') });
    },
    { maxBodyBytes: bodyBytesMax },
  );
}
