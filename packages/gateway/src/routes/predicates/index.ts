import { cookie } from './cookie.ts';
import { header } from './header.ts';
import { host } from './host.ts';
import { method } from './method.ts';
import { path } from './path.ts';
import type { PredicateKind } from './predicate.ts';
import { query } from './query.ts';
import { remoteAddr } from './remote-addr.ts';
import { after, before, between } from './time.ts';
import { weight } from './weight.ts';

/** Every predicate that routes may use. */
export const predicateKinds: ReadonlyMap<string, PredicateKind> = new Map(
  [after, before, between, cookie, header, host, method, path, query, remoteAddr, weight].map((kind) => [
    kind.name,
    kind,
  ]),
);

/** Spring's predicates that are known and not served, with what to do instead. */
export const refusedPredicates: ReadonlyMap<string, string> = new Map([
  ['ReadBody', 'a predicate cannot see the body, which is streamed'],
  ['CloudFoundryRouteService', 'use Header=X-CF-Forwarded-Url'],
]);
