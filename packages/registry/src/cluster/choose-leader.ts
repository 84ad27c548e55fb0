import { type Assignment, assignmentErrors, type RegistryIdentity, urlOf } from './identity.ts';

/**
 * The registry that leads: the one that leads already, else of those that may the one with the least URL. Two with one URL are a
 * mistake that all are told of, as one could not send to the other.
 */
export function chooseLeader(members: ReadonlyMap<string, RegistryIdentity>): Assignment {
  const eligible = [...members].filter(([, { isEligible }]) => isEligible);
  const leading = eligible.filter(([, { isLeader }]) => isLeader);
  const byUrl = eligible.toSorted(([, a], [, b]) => (urlOf(a) < urlOf(b) ? -1 : 1));
  const [leaderMemberId, leader] = (leading.length === 1 ? leading[0] : byUrl[0]) ?? [null, null];
  const urls = new Set([...members.values()].map(urlOf));
  const error = urls.size === members.size ? assignmentErrors.none : assignmentErrors.sameUrl;
  return { error, leaderMemberId, leader };
}
