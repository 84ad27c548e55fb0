import type { HttpContext } from '@headwater/http';
import { guessApplications } from '../bus/destinations.ts';
import { ConfigError } from '../config-error.ts';
import type { GitRepository } from '../repository/git.ts';
import { catalogue } from '../service/catalogue.ts';
import type { ConfigService } from '../service/config-service.ts';
import { differences, type ExplainedKey, explain, type KeyPlace } from '../service/explain.ts';
import { GitHistory } from '../service/git-history.ts';
import type { History } from '../service/history.ts';
import type { Readers } from '../service/readers.ts';
import { type ConfigValue, Double, jsonOf } from '../values.ts';
import type { FileChange } from '../watch/file-changes.ts';
import { checkedRequest, requestOfQuery } from './watch-routes.ts';

type AddRoute = (method: string, path: string, handler: (ctx: HttpContext) => unknown) => void;

/** What pages and people ask: `/api/applications`, `/api/explain`, `/api/diff`, `/api/history`. */
export function addInsightRoutes(route: AddRoute, service: ConfigService, history: History, readers: Readers): void {
  const { repository } = service;
  const commits = repository.kind === 'git' ? new GitHistory(repository as GitRepository, service.files) : undefined;

  route('GET', '/api/applications', async (ctx) => {
    ctx.sendJson(200, await catalogue(repository, readers.applications()));
  });

  route('GET', '/api/explain', async (ctx) => {
    const request = requestOfQuery(ctx);
    const environment = await service.environment(request);
    const keys = explain(environment, ctx.query.get('key') ?? undefined);
    const sources = environment.propertySources.map(({ name, path }) => ({ name, path: path ?? null }));
    ctx.sendJson(200, { ...request, version: environment.version, sources, keys: keys.map(shown) });
  });

  route('GET', '/api/diff', async (ctx) => {
    const from = requestOfQuery(ctx);
    const to = checkedRequest(
      ctx.query.get('toApplication') ?? from.application,
      ctx.query.get('toProfiles') ?? ctx.query.get('toProfile') ?? from.profiles,
      ctx.query.get('toLabel') ?? from.label,
    );
    const [before, after] = [await service.environment(from), await service.environment(to)];
    const changes = differences(before, after).map((one) => ({ ...one, from: plain(one.from), to: plain(one.to) }));
    ctx.sendJson(200, { from: { ...from, version: before.version }, to: { ...to, version: after.version }, changes });
  });

  route('GET', '/api/history', async (ctx) => {
    const application = ctx.query.get('application');
    const limit = Math.min(200, Math.max(1, Number(ctx.query.get('limit') ?? 50) || 50));
    const accept = (file: FileChange): boolean =>
      application === null || guessApplications(file.path).some((name) => name === '*' || name === application);
    const saved = history.list().filter(({ version, files }) => version === null && files.some(accept));
    const edits = saved.map((entry) => ({ ...entry, files: entry.files.filter(accept) }));
    if (commits === undefined) return ctx.sendJson(200, { entries: edits.slice(0, limit), next: null });
    const { label } = checkedRequest('application', 'default', ctx.query.get('label') || repository.defaultLabel);
    await repository.tree(label);
    const before = ctx.query.get('before');
    if (before !== null && !/^[0-9a-f]{40}$/.test(before)) {
      throw new ConfigError('HW_CONFIG_BAD_REQUEST', 'before is the full id of a commit: the "next" of an answer');
    }
    const page = await commits.list(label!, { limit, accept, ...(before === null ? {} : { before }) });
    const newest = page.entries[0]?.timestampMs ?? 0;
    // Saved files that are not committed yet stand before the commits.
    const uncommitted = before === null ? edits.filter(({ timestampMs }) => timestampMs > newest) : [];
    ctx.sendJson(200, { entries: [...uncommitted, ...page.entries], next: page.next });
  });
}

/** A value for JSON as JavaScript writes it; numbers that it cannot hold become texts. */
function plain(value: ConfigValue | null): unknown {
  if (value instanceof Double || typeof value === 'bigint') return jsonOf(value);
  return value;
}

function shown(key: ExplainedKey): object {
  const place = (one: KeyPlace) => ({ ...one, value: plain(one.value) });
  return { ...key, value: plain(key.value), overridden: key.overridden.map(place) };
}
