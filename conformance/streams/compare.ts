import type { Outcome, OutputRecord } from './description.ts';

/** What is not the same, a line each; nothing when all is. Changelogs are compared by what is left of them: it is what state is taken over from. */
export function differences(here: Outcome, java: Outcome): string[] {
  const all: string[] = [];
  if (here.error !== undefined || java.error !== undefined) {
    return [`here: ${here.error ?? 'ran'}; Kafka Streams: ${java.error ?? 'ran'}`];
  }
  for (const topic of new Set([...Object.keys(java.topics), ...Object.keys(here.topics)])) {
    const ours = here.topics[topic] ?? [];
    const theirs = java.topics[topic] ?? [];
    const difference = topic.endsWith('-changelog') ? lastDifference(ours, theirs) : firstDifference(ours, theirs);
    if (difference !== null) all.push(`${topic}: ${difference}`);
  }
  return all;
}

function firstDifference(ours: readonly OutputRecord[], theirs: readonly OutputRecord[]): string | null {
  for (let index = 0; index < Math.max(ours.length, theirs.length); index++) {
    const [one, other] = [JSON.stringify(ours[index]), JSON.stringify(theirs[index])];
    if (one !== other) return `record ${index}: here ${one}, Kafka Streams ${other}`;
  }
  return null;
}

/** By key; a row that was deleted is as one that never was. */
function lastDifference(ours: readonly OutputRecord[], theirs: readonly OutputRecord[]): string | null {
  const one = rows(ours);
  const other = rows(theirs);
  for (const key of new Set([...other.keys(), ...one.keys()])) {
    if (one.get(key) !== other.get(key)) {
      return `row ${JSON.stringify(key)}: here ${one.get(key)}, Kafka Streams ${other.get(key)}`;
    }
  }
  return null;
}

function rows(records: readonly OutputRecord[]): Map<string, string> {
  const all = new Map<string, string>();
  for (const [, key, value, timestamp] of records) {
    if (value === null) all.delete(String(key));
    else all.set(String(key), JSON.stringify([value, timestamp]));
  }
  return all;
}
