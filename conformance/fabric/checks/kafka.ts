import type { Check } from '../fabric.ts';
import { ask, get } from '../http.ts';
import { until } from '../until.ts';

const area = 'kafka';
const orderCount = 30;

export const kafkaChecks: Check[] = [
  {
    area,
    name: 'spring-kafka: JSON records written and read by a listener in a group',
    isShort: true,
    async run({ front }) {
      const already = (await get(`${front.url}/orders`)).length;
      const offsets = new Set<string>();
      for (let n = 0; n < orderCount; n++) {
        const { status, text } = await ask(`${front.url}/orders`, {
          method: 'POST',
          json: { id: `order-${n}`, amount: n },
        });
        if (status !== 200) throw new Error(`answered ${status} ${text}`);
        offsets.add(text);
      }
      if (offsets.size !== orderCount) throw new Error(`${offsets.size} offsets`);
      const received = await until('all orders', async () => {
        const all = (await get(`${front.url}/orders`)).slice(already) as { amount: number }[];
        return all.length >= orderCount && all;
      });
      const sum = received.reduce((all, { amount }) => all + amount, 0);
      if (sum !== (orderCount * (orderCount - 1)) / 2) throw new Error(`the amounts are ${sum} together`);
      return `${orderCount} records`;
    },
  },
  {
    area,
    name: 'Kafka Streams: words counted exactly once, asked from its store',
    isShort: true,
    async run({ front }) {
      const word = `w${Math.random().toString(36).slice(2)}`;
      for (let n = 0; n < 5; n++) {
        const { status, text } = await ask(`${front.url}/lines`, {
          method: 'POST',
          headers: { 'content-type': 'text/plain' },
          body: `${word} and ${word}`,
        });
        if (status !== 200) throw new Error(`answered ${status} ${text}`);
      }
      await until(`ten of ${word}`, async () => Number(await get(`${front.url}/words/${word}`)) === 10);
      return undefined;
    },
  },
];
