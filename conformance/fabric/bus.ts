import { Consumer, MessagesStreamModes, stringDeserializers } from '@platformatic/kafka';

export interface BusEvent {
  type: string;
  id: string;
  originService: string;
  destinationService: string;
  ackId?: string;
  [more: string]: unknown;
}

/** Reads Spring Cloud Bus's topic from its beginning. */
export async function readBus(bootstrap: string): Promise<{ events: BusEvent[]; close(): Promise<void> }> {
  const consumer = new Consumer({
    groupId: `fabric-bus-${Date.now()}`,
    clientId: 'fabric-bus',
    bootstrapBrokers: [bootstrap],
    deserializers: stringDeserializers,
  });
  const stream = await consumer.consume({ topics: ['springCloudBus'], mode: MessagesStreamModes.EARLIEST });
  const events: BusEvent[] = [];
  stream.on('data', ({ value }) => events.push(JSON.parse(value) as BusEvent));
  return {
    events,
    async close() {
      await stream.close();
      await consumer.close(true);
    },
  };
}
