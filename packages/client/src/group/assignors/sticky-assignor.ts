import { decodeData, encodeData, type FieldSchema, type MessageSchema } from '@headwater/protocol';
import { groupByTopic, type TopicPartition } from '../../by-leader.ts';
import type { Assignor, MemberAssignment, Subscriber } from './assignor.ts';
import { balance, type Holding } from './sticky-balance.ts';

const topicFields: readonly FieldSchema[] = [
  { name: 'topic', type: 'string', versions: '0+' },
  { name: 'partitions', type: 'int32', array: true, versions: '0+' },
];

/** As Java's StickyAssignor sends it along: what the member had, and in which generation. */
const stickyUserData: MessageSchema = {
  name: 'StickyAssignorUserData',
  kind: 'data',
  versions: '0-1',
  flexible: 'none',
  fields: [
    { name: 'previousAssignment', type: 'struct', array: true, versions: '0+', fields: topicFields },
    { name: 'generation', type: 'int32', versions: '1+', default: -1 },
  ],
};

interface StickyUserData {
  previousAssignment: { topic: string; partitions: number[] }[];
  generation: number;
}

/** Even shares that move as little as possible, but eagerly: everything is given up first, and got back. */
export function stickyAssignor(): Assignor {
  let previous: readonly TopicPartition[] = [];
  let generation = -1;
  return {
    name: 'sticky',
    rebalanceProtocol: 'eager',
    userData: () =>
      encodeData(stickyUserData, 1, {
        previousAssignment: [...groupByTopic(previous)].map(([topic, list]) => ({
          topic,
          partitions: list.map(({ partition }) => partition),
        })),
        generation,
      }),
    assign(members, topics) {
      const held = new Map(members.map((member) => [member.memberId, fromUserData(member)]));
      return toAssignments(balance(members, held, topics));
    },
    onAssignment(partitions, _userData, generationId) {
      previous = partitions;
      generation = generationId;
    },
  };
}

/** Even shares that move as little as possible, and only what moves stops meanwhile (KIP-429). */
export function cooperativeStickyAssignor(): Assignor {
  return {
    name: 'cooperative-sticky',
    rebalanceProtocol: 'cooperative',
    /** For members before KIP-792, which look for the generation here. */
    userData(_topics, _owned, generationId) {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(generationId);
      return bytes;
    },
    assign(members, topics) {
      const held = new Map(members.map((member) => [member.memberId, fromSubscription(member)]));
      const shares = balance(members, held, topics);
      return toAssignments(withoutTransfers(members, shares));
    },
  };
}

/**
 * What another member still owns has to be given up first; it is assigned in the rebalance after that. A claim from an
 * earlier generation than another's is void: that member has been told that it lost everything.
 */
function withoutTransfers(
  members: readonly Subscriber[],
  shares: Map<string, TopicPartition[]>,
): Map<string, TopicPartition[]> {
  const claims = new Map<string, { generationId: number; memberIds: string[] }>();
  for (const { memberId, owned, generationId } of members.map(fromSubscription)) {
    for (const { topic, partition } of owned) {
      const key = `${topic}/${partition}`;
      const claim = claims.get(key);
      if (claim === undefined || generationId > claim.generationId)
        claims.set(key, { generationId, memberIds: [memberId] });
      else if (generationId === claim.generationId) claim.memberIds.push(memberId);
    }
  }
  const isFree = (memberId: string) => (item: TopicPartition) =>
    (claims.get(`${item.topic}/${item.partition}`)?.memberIds ?? []).every((owner) => owner === memberId);
  return new Map([...shares].map(([memberId, share]) => [memberId, share.filter(isFree(memberId))]));
}

function fromSubscription({ memberId, topics, owned, generationId, userData }: Subscriber): Holding {
  const sent = generationId < 0 && userData !== null && userData.length >= 4 ? userData.readInt32BE(0) : generationId;
  return { memberId, topics, owned, generationId: sent };
}

function fromUserData({ memberId, topics, userData }: Subscriber): Holding {
  const nothing = { memberId, topics, owned: [], generationId: -1 };
  if (userData === null) return nothing;
  for (const version of [1, 0]) {
    try {
      const read = decodeData(stickyUserData, version, userData, 0) as StickyUserData;
      const owned = read.previousAssignment.flatMap(({ topic, partitions }) =>
        partitions.map((partition) => ({ topic, partition })),
      );
      return { memberId, topics, owned, generationId: version === 1 ? read.generation : -1 };
    } catch {
      // Older members send no generation; what cannot be read at all holds nothing.
    }
  }
  return nothing;
}

function toAssignments(shares: Map<string, TopicPartition[]>): Map<string, MemberAssignment> {
  return new Map([...shares].map(([memberId, partitions]) => [memberId, { partitions }]));
}
