import type { Outcome, OutputRecord, Step } from './description.ts';

/** Stores that keep records of one key and time apart by a number, which Kafka Streams uses up for tombstones of records without a value too. */
const ofJoins = /-(JOINTHIS|JOINOTHER|OUTERTHIS|OUTEROTHER)-\d+-store-changelog$|-(this|other)-join-store-changelog$/;

/** What both sides of a foreign-key join tell each other. */
const ofForeignKeys = /-FK-JOIN-SUBSCRIPTION-|-subscription-(registration|response|store)/;

/** What is not the same, a line each; nothing when all is. Changelogs are compared by what is left of them: it is what state is taken over from. */
export function differences(here: Outcome, java: Outcome, steps: readonly Step[]): string[] {
  // An inner one asks for more answers here, and so has more tombstones for rows that were never there.
  const isInnerForeignKey = steps.some(({ foreignKey, op }) => foreignKey !== undefined && op === 'join');

  const all: string[] = [];
  if (here.error !== undefined || java.error !== undefined) {
    return [`here: ${here.error ?? 'ran'}; Kafka Streams: ${java.error ?? 'ran'}`];
  }
  if (here.description !== java.description) all.push(firstLine(here.description, java.description));
  for (const topic of new Set([...Object.keys(java.topics), ...Object.keys(here.topics)])) {
    const ours = here.topics[topic] ?? [];
    const theirs = java.topics[topic] ?? [];
    if (isInnerForeignKey && ofForeignKeys.test(topic)) continue;
    const difference = ofJoins.test(topic)
      ? firstDifference(withoutNumbers(ours), withoutOld(theirs, withoutNumbers(ours)))
      : topic.endsWith('-changelog') || isInnerForeignKey
        ? lastDifference(ours, theirs)
        : firstDifference(ours, theirs);
    if (difference !== null) all.push(`${topic}: ${difference}`);
  }
  return all;
}

function firstLine(here: string, java: string): string {
  const [ours, theirs] = [here.split('\n'), java.split('\n')];
  const at = theirs.findIndex((line, index) => line !== ours[index]);
  return `description, line ${at + 1}: here "${ours[at]}", Kafka Streams "${theirs[at]}"`;
}

function firstDifference(ours: readonly OutputRecord[], theirs: readonly OutputRecord[]): string | null {
  for (let index = 0; index < Math.max(ours.length, theirs.length); index++) {
    const [one, other] = [JSON.stringify(ours[index]), JSON.stringify(theirs[index])];
    if (one !== other) return `record ${index}: here ${one}, Kafka Streams ${other}`;
  }
  return null;
}

function withoutNumbers(records: readonly OutputRecord[]): OutputRecord[] {
  return records.map(([index, key, value, timestamp]) => [index, key!.slice(0, -4), value, timestamp, ''] as const);
}

/** Kafka Streams writes to the changelog what has no value or is too old for the store, too; neither is ever read. */
function withoutOld(theirs: readonly OutputRecord[], ours: readonly OutputRecord[]): OutputRecord[] {
  let newest = -1;
  let next = 0;
  return withoutNumbers(theirs).filter((record) => {
    const [, , value, timestamp] = record;
    newest = Math.max(newest, timestamp ?? -1);
    const isHere = JSON.stringify(record) === JSON.stringify(ours[next]);
    if (isHere) next++;
    return isHere || (value !== null && (timestamp ?? -1) >= newest && ours.length > 0);
  });
}

/** By key; a row that was deleted is as one that never was. */
function lastDifference(ours: readonly OutputRecord[], theirs: readonly OutputRecord[]): string | null {
  const one = rows(ours);
  const other = rows(theirs);
  for (const key of new Set([...other.keys(), ...one.keys()])) {
    const [here, there] = [one.get(key), other.get(key)];
    // Written without a time there: the clock's.
    const isSame = here?.value === there?.value && (there?.timestamp === null || here?.timestamp === there?.timestamp);
    if (!isSame) {
      return `row ${JSON.stringify(key)}: here ${JSON.stringify(here)}, Kafka Streams ${JSON.stringify(there)}`;
    }
  }
  return null;
}

interface Row {
  readonly value: string;
  readonly timestamp: number | null;
}

function rows(records: readonly OutputRecord[]): Map<string, Row> {
  const all = new Map<string, Row>();
  for (const [, key, value, timestamp] of records) {
    if (value === null) all.delete(String(key));
    else all.set(String(key), { value, timestamp });
  }
  return all;
}
