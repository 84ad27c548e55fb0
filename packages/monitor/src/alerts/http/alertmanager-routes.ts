import { randomUUID } from 'node:crypto';
import { type HttpContext, HttpError } from '@headwater/http';
import { LinearRegex } from '@headwater/regex';
import { AlertError } from '../alert-error.ts';
import type { Alerting } from '../alerting.ts';
import type { Silence } from '../engine/silences.ts';
import type { Alert } from '../model/alert.ts';
import { type Matcher, matchesAll, parseMatcher } from '../model/matcher.ts';
import {
  AlertmanagerError,
  alertJson,
  groupJson,
  isShown,
  readAlerts,
  readSilence,
  silenceJson,
} from './alertmanager-json.ts';
import type { RouteTable } from './route-table.ts';

const bodyMaxBytes = 8 * 1024 * 1024;
const alertsMax = 10_000;
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Alertmanager's API v2, as Prometheus, Grafana and amtool use it. */
export function addAlertmanagerRoutes(server: RouteTable, alerting: Alerting): void {
  const route = (method: string, path: string, handler: (ctx: HttpContext) => void | Promise<void>): void =>
    server.route(
      method,
      `/api/v2${path}`,
      async (ctx) => {
        try {
          await handler(ctx);
        } catch (error) {
          if (error instanceof AlertError) ctx.sendJson(error.code === 'HW_ALERTS_FULL' ? 503 : 400, error.message);
          else if (error instanceof AlertmanagerError) ctx.sendJson(error.status, error.message);
          else if (error instanceof HttpError)
            ctx.sendJson(error.status, { code: error.status, message: error.message });
          else throw error;
        }
      },
      { maxBodyBytes: bodyMaxBytes },
    );

  route('GET', '/status', (ctx) => {
    ctx.sendJson(200, {
      cluster: { peers: [], status: 'disabled' },
      config: { original: alerting.config.shown },
      uptime: new Date(alerting.startedMs).toISOString(),
      versionInfo: {
        branch: '',
        buildDate: '',
        buildUser: '',
        goVersion: '',
        revision: 'headwater',
        version: '0.27.0',
      },
    });
  });
  route('GET', '/receivers', (ctx) =>
    ctx.sendJson(
      200,
      alerting.config.receivers.map(({ name }) => ({ name })),
    ),
  );

  route('GET', '/alerts', (ctx) => {
    const wanted = wantedAlerts(ctx, alerting);
    const found = [...alerting.dispatcher.alerts.values()].flatMap((alert) => wanted(alert) ?? []);
    ctx.sendJson(
      200,
      found.sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)),
    );
  });
  route('POST', '/alerts', async (ctx) => {
    const alerts = readAlerts(await ctx.json(), alerting.clock.nowMs(), alerting.config.resolveTimeoutMs);
    if (alerts.length > alertsMax) throw new AlertmanagerError(413, `more than ${alertsMax} alerts at once`);
    await alerting.putAlerts(alerts);
    ctx.send(200);
  });
  route('GET', '/alerts/groups', (ctx) => {
    const wanted = wantedAlerts(ctx, alerting);
    const groups = alerting.dispatcher.groups().map((group) =>
      groupJson(
        alerting,
        group,
        group.alerts.flatMap((alert) => wanted(alert) ?? []),
      ),
    );
    ctx.sendJson(
      200,
      groups.filter(({ alerts }) => alerts.length > 0),
    );
  });

  route('GET', '/silences', (ctx) => {
    const matchers = filtersOf(ctx);
    const nowMs = alerting.clock.nowMs();
    // As Alertmanager: the silences that have just these conditions.
    const found = alerting.dispatcher.silences
      .list()
      .filter((silence) => matchers.every((matcher) => hasMatcher(silence, matcher)));
    const order = { active: 0, pending: 1, expired: 2 };
    const shown = found.map((silence) => silenceJson(silence, nowMs));
    ctx.sendJson(
      200,
      shown.sort((a, b) => order[a.status.state] - order[b.status.state] || (a.endsAt < b.endsAt ? -1 : 1)),
    );
  });
  route('POST', '/silences', async (ctx) => {
    const { id, silence } = readSilence(await ctx.json());
    const nowMs = alerting.clock.nowMs();
    const { silences } = alerting.dispatcher;
    const old = id === '' ? undefined : silences.get(id);
    if (id !== '' && old === undefined) throw new AlertmanagerError(404, 'silence not found');
    silences.check(silence, nowMs);
    const isSame =
      old !== undefined && old.endsMs > nowMs && JSON.stringify(old.matchers) === JSON.stringify(silence.matchers);
    if (old !== undefined && !isSame && old.endsMs > nowMs) await alerting.putSilence(expired(old, nowMs));
    const next: Silence = {
      ...silence,
      // What has begun has begun; nothing begins in the past.
      startsMs: isSame && old.startsMs <= nowMs ? old.startsMs : Math.max(silence.startsMs, nowMs),
      id: isSame ? id : randomUUID(),
      updatedMs: nowMs,
    };
    const isKept = await alerting.putSilence(next);
    ctx.sendJson(200, { silenceID: next.id, ...(!isKept && { isKept }) });
  });
  route('GET', '/silence/:id', (ctx) =>
    ctx.sendJson(200, silenceJson(silenceOf(ctx, alerting), alerting.clock.nowMs())),
  );
  route('DELETE', '/silence/:id', async (ctx) => {
    const silence = silenceOf(ctx, alerting);
    const nowMs = alerting.clock.nowMs();
    if (silence.endsMs > nowMs) await alerting.putSilence(expired(silence, nowMs));
    ctx.send(200);
  });
  for (const path of ['/-/healthy', '/-/ready'])
    server.route('GET', path, (ctx) => ctx.send(200, 'OK', { 'content-type': 'text/plain' }));
}

/** The alerts that the query asks for, as JSON; null for the others. */
function wantedAlerts(ctx: HttpContext, alerting: Alerting) {
  const matchers = filtersOf(ctx);
  const isWanted = (name: string): boolean => ctx.query.get(name) !== 'false';
  const receiver = ctx.query.get('receiver');
  let regex: LinearRegex | undefined;
  try {
    if (receiver !== null && receiver !== '') regex = new LinearRegex(receiver);
  } catch (error) {
    throw new AlertmanagerError(400, `failed to parse receiver param: ${(error as Error).message}`);
  }
  const nowMs = alerting.clock.nowMs();
  return (alert: Alert): ReturnType<typeof alertJson> | null => {
    if (!isShown(alert, nowMs) || !matchesAll(matchers, alert.labels)) return null;
    const json = alertJson(alerting, alert);
    if (regex !== undefined && !json.receivers.some(({ name }) => regex.test(name))) return null;
    if (json.status.state === 'active' && !isWanted('active')) return null;
    if (json.status.silencedBy.length > 0 && !isWanted('silenced')) return null;
    if (json.status.inhibitedBy.length > 0 && !isWanted('inhibited')) return null;
    return json;
  };
}

function filtersOf(ctx: HttpContext): Matcher[] {
  return ctx.query.getAll('filter').map((text) => {
    try {
      return parseMatcher(text);
    } catch {
      throw new AlertmanagerError(400, `bad matcher format: ${text.slice(0, 200)}`);
    }
  });
}

function hasMatcher({ matchers }: Silence, wanted: Matcher): boolean {
  return matchers.some(
    ({ isEqual, isRegex, name, value }) =>
      name === wanted.name &&
      (isRegex === wanted.operator.endsWith('~')
        ? wanted.value === value && isEqual === wanted.operator.startsWith('=')
        : wanted.matches({ [name]: value })),
  );
}

function silenceOf(ctx: HttpContext, alerting: Alerting): Silence {
  const id = ctx.params['id']!;
  if (!uuidPattern.test(id))
    throw new HttpError(
      422,
      'HW_ALERTS_API',
      `silenceID in path must be of type uuid: ${JSON.stringify(id.slice(0, 100))}`,
    );
  const silence = alerting.dispatcher.silences.get(id);
  if (silence === undefined) throw new AlertmanagerError(404, 'silence not found');
  return silence;
}

function expired(silence: Silence, nowMs: number): Silence {
  return { ...silence, startsMs: Math.min(silence.startsMs, nowMs), endsMs: nowMs, updatedMs: nowMs };
}
