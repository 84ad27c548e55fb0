import { type Labels, labelsKey } from '../model/labels.ts';
import { type Matcher, matchesAll } from '../model/matcher.ts';

/** A node of the routing tree, with what it has from its parents. */
export interface Route {
  /** Where it stands in the tree, such as `{}/{service="orders"}`: part of a group's key. */
  readonly id: string;
  readonly receiver: string;
  readonly matchers: readonly Matcher[];
  readonly continues: boolean;
  /** 'all': by all labels (`group_by: ['...']`). */
  readonly groupBy: readonly string[] | 'all';
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
  readonly routes: readonly Route[];
}

/** The routes that take an alert: the deepest that match, and after one that says `continue` its siblings too. */
export function matchRoutes(route: Route, labels: Labels): Route[] {
  if (!matchesAll(route.matchers, labels)) return [];
  const found: Route[] = [];
  for (const child of route.routes) {
    const matched = matchRoutes(child, labels);
    found.push(...matched);
    if (matched.length > 0 && !child.continues) break;
  }
  return found.length === 0 ? [route] : found;
}

export function groupLabelsOf(route: Route, labels: Labels): Labels {
  if (route.groupBy === 'all') return labels;
  const group: Record<string, string> = {};
  for (const name of route.groupBy) if (labels[name] !== undefined) group[name] = labels[name]!;
  return group;
}

export function groupKeyOf(route: Route, groupLabels: Labels): string {
  return `${route.id}:${labelsKey(groupLabels)}`;
}
