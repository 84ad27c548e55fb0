import type { Route } from '../engine/route.ts';
import type { TimeInterval } from '../engine/time-interval.ts';
import { isLabelName } from '../model/labels.ts';
import { formatMatcher, type Matcher, parseMatcher } from '../model/matcher.ts';
import type { YamlValue } from './yaml-reader.ts';

interface Known {
  readonly receivers: ReadonlySet<string>;
  readonly timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>;
}

const keys = [
  'receiver',
  'match',
  'match_re',
  'matchers',
  'continue',
  'group_by',
  'group_wait',
  'group_interval',
  'repeat_interval',
  'mute_time_intervals',
  'active_time_intervals',
  'routes',
] as const;
const minuteMs = 60_000;
const depthMax = 50;

/** The tree of routes; the first has Alertmanager's defaults (30 s, 5 min, 4 h), the others what their parent has. */
export function readRoute(value: YamlValue, known: Known): Route {
  return read(value, known, undefined, '', 0);
}

function read(value: YamlValue, known: Known, parent: Route | undefined, place: string, depth: number): Route {
  const map = value.map(keys);
  const matchers: Matcher[] = [
    ...map.match
      .entries()
      .flatMap(([name, item]) => item.attempt(() => parseMatcher(`${name}=${JSON.stringify(item.text())}`)) ?? []),
    ...map.match_re
      .entries()
      .flatMap(([name, item]) => item.attempt(() => parseMatcher(`${name}=~${JSON.stringify(item.text())}`)) ?? []),
    ...map.matchers.list().flatMap((item) => item.attempt(() => parseMatcher(item.text())) ?? []),
  ];
  if (parent === undefined) {
    if (matchers.length > 0) value.fail('the first route takes everything: it has no matchers');
    if (map.continue.boolean(false)) map.continue.fail('the first route has no siblings to go on to');
    if (map.receiver.isMissing && value.isMap) value.need('receiver');
  }
  const receiver = map.receiver.text(parent?.receiver ?? '');
  if (!map.receiver.isMissing && !known.receivers.has(receiver))
    map.receiver.fail(`there is no receiver "${receiver}"`);
  for (const list of [map.mute_time_intervals, map.active_time_intervals])
    for (const item of list.list())
      if (!known.timeIntervals.has(item.text())) item.fail(`there is no time interval "${item.text()}"`);
  const id = `${place}{${matchers.map(formatMatcher).sort().join(',')}}`;
  const route: Route = {
    id,
    receiver,
    matchers,
    continues: map.continue.boolean(false),
    groupBy: readGroupBy(map.group_by, parent),
    groupWaitMs: map.group_wait.durationMs(parent?.groupWaitMs ?? 30_000),
    groupIntervalMs: map.group_interval.durationMs(parent?.groupIntervalMs ?? 5 * minuteMs, { minMs: 100 }),
    repeatIntervalMs: map.repeat_interval.durationMs(parent?.repeatIntervalMs ?? 240 * minuteMs, { minMs: 1_000 }),
    muteTimeIntervals: map.mute_time_intervals.texts(),
    activeTimeIntervals: map.active_time_intervals.texts(),
    routes: [],
  };
  if (depth >= depthMax) {
    value.fail(`routes are nested more than ${depthMax} deep`);
    return route;
  }
  return {
    ...route,
    routes: map.routes.list().map((item, index) => read(item, known, route, `${id}/${index}`, depth + 1)),
  };
}

function readGroupBy(value: YamlValue, parent: Route | undefined): Route['groupBy'] {
  if (value.isMissing) return parent?.groupBy ?? [];
  const names = value.texts();
  if (names.length === 1 && names[0] === '...') return 'all';
  for (const name of names)
    if (name === '...') value.fail('"..." stands alone');
    else if (!isLabelName(name)) value.fail(`"${name}" is no label name`);
  return names;
}
