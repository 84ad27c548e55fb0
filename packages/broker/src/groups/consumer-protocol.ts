import { RecordReader, RecordWriter } from './record-fields.ts';

/*
 * What members of the classic protocol `consumer` tell each other in bytes that the broker only passes on; it looks at them for the
 * topics of a subscription, and where classic members are served in a consumer group.
 *
 *     Subscription => version:INT16 [topic] userData:BYTES, 1+ [topic [partition:INT32]] (owned), 2+ generationId:INT32, 3+ rackId:NULLABLE
 *     Assignment   => version:INT16 [topic [partition:INT32]] userData:BYTES
 *
 * Later versions only append fields.
 */

export interface Subscription {
  readonly version: number;
  readonly topics: readonly string[];
  /** Partitions by topic name that the member still has. */
  readonly owned: ReadonlyMap<string, readonly number[]>;
  readonly rackId: string | null;
}

export interface Assignment {
  readonly partitions: ReadonlyMap<string, readonly number[]>;
  /** An assignor of the client's own keeps something in it. */
  readonly hasUserData: boolean;
}

/** Topics of a subscription; null when the bytes are not one (other protocols use the same field for their own). */
export function subscribedTopics(bytes: Buffer): readonly string[] | null {
  return decodeSubscription(bytes)?.topics ?? null;
}

export function decodeSubscription(bytes: Buffer): Subscription | null {
  const reader = new RecordReader(bytes, false);
  try {
    const version = reader.int16();
    const topics = reader.strings();
    // Some clients leave out the user data, and all that comes after it.
    if (reader.isAtEnd) return { version, topics, owned: new Map(), rackId: null };
    reader.bytes();
    const owned = version >= 1 ? readPartitions(reader) : new Map<string, number[]>();
    if (version >= 2) reader.int32();
    return { version, topics, owned, rackId: version >= 3 ? reader.string() : null };
  } catch {
    return null;
  }
}

/** Null when the bytes are no assignment. */
export function decodeAssignment(bytes: Buffer): Assignment | null {
  try {
    const reader = new RecordReader(bytes, false);
    reader.int16();
    return { partitions: readPartitions(reader), hasUserData: reader.bytes().length > 0 };
  } catch {
    return null;
  }
}

export function encodeAssignment(version: number, partitions: ReadonlyMap<string, readonly number[]>): Buffer {
  const writer = new RecordWriter(64).int16(version).arrayLength(partitions.size);
  for (const [topic, list] of partitions) writer.string(topic).int32s(list);
  return writer.int32(-1).done();
}

function readPartitions(reader: RecordReader): Map<string, number[]> {
  const partitions = new Map<string, number[]>();
  for (let left = reader.arrayLength(); left > 0; left--) partitions.set(reader.text(), reader.int32s());
  return partitions;
}
