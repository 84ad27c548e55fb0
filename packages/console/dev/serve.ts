/**
 * The fixture server by itself, for work on the console without a running Headwater:
 *     node dev/serve.ts [--port 5180] [--rate 12] [--empty] [--wide]
 */
import { parseArgs } from 'node:util';
import { startFixture } from './fixture-server.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '5180' },
    rate: { type: 'string', default: '12' },
    empty: { type: 'boolean', default: false },
    wide: { type: 'boolean', default: false },
    behind: { type: 'boolean', default: false },
  },
});

const fixture = await startFixture({
  port: Number(values.port),
  hasTweets: !values.empty,
  perSecond: values.empty ? 0 : Number(values.rate),
});
const { world } = fixture;
if (values.wide) {
  for (let index = 0; index < 60; index += 1) {
    const name = `team-${index % 7}.stream-${index}`;
    world.createTopic(name, 1 + (index % 12)).perSecond = index;
    world.extraClients.push({ clientId: `producer-${index % 23}`, topic: name, direction: 'produce' });
    world.addGroup(
      `service-${index % 31}`,
      [name, ...(index % 3 ? [`team-${(index + 1) % 7}.stream-${(index + 8) % 60}`] : [])],
      1,
    );
    if (index % 2)
      world.extraClients.push({
        clientId: `service-${index % 31}`,
        topic: `team-${(index + 2) % 7}.stream-${(index + 9) % 60}`,
        direction: 'produce',
      });
  }
}
if (values.behind) {
  const group = world.groups.get('kafka-to-elastic')!;
  setInterval(() => group.lag.set('twitter-topic', (group.lag.get('twitter-topic') ?? 0) + 37), 1000);
  world.addGroup('fraud-check', ['twitter-topic'], 0).lag.set('twitter-topic', 420);
}
console.log(`${fixture.url}/ui/`);
