import type { Member, MemberProtocol } from './classic-member.ts';

/** How many members know each protocol: only one that all of them know can be chosen. */
export function supportCounts(members: Iterable<Member>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const member of members) {
    for (const { name } of member.protocols) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/**
 * Each member votes for the first of its protocols that all members know; most votes win, on a tie the one that an earlier
 * member voted for (Kafka leaves ties to the order of a hash map). Null when there is no common protocol.
 */
export function selectProtocol(members: readonly Member[]): string | null {
  const counts = supportCounts(members);
  const votes = new Map<string, number>();
  for (const member of members) {
    const choice = member.protocols.find(({ name }) => counts.get(name) === members.length);
    if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
  }
  let selected: string | null = null;
  let mostVotes = 0;
  for (const [name, count] of votes) {
    if (count > mostVotes) {
      selected = name;
      mostVotes = count;
    }
  }
  return selected;
}

/** Whether a member with these protocols leaves at least one that everybody knows. */
export function hasCommonProtocol(protocols: readonly MemberProtocol[], others: readonly Member[]): boolean {
  if (protocols.length === 0) return false;
  const counts = supportCounts(others);
  return others.length === 0 || protocols.some(({ name }) => counts.get(name) === others.length);
}
