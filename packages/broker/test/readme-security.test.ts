import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Broker, createDevelopmentCa, startBroker } from '../index.ts';
import { temporaryDir } from './fixtures.ts';

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const section = /^## Security\n([\s\S]*?)^## /m.exec(readme)![1]!;
const examples = [...section.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);

test("the examples of the README's security section start a broker as they are", async (t) => {
  assert.ok(examples.length >= 4);
  const dir = await temporaryDir(t);
  const ca = createDevelopmentCa();
  const { certificate, key } = ca.issue({ commonName: 'kafka.example', hosts: ['kafka.example'] });
  writeFileSync(join(dir, 'kafka.pem'), key + certificate);
  writeFileSync(join(dir, 'clients-ca.pem'), ca.certificate);
  for (const example of examples) {
    // Only the ports and the places of files are others here.
    const code = example
      .replaceAll(/port: \d+/g, 'port: 0')
      .replaceAll(/:909\d(?=[,'])/g, (port, at: number) =>
        example.slice(0, at).endsWith('kafka.example') ? port : ':0',
      )
      .replaceAll(/'([\w-]+\.pem)'/g, (_, name: string) => JSON.stringify(join(dir, name)));
    const start = new Function('startBroker', `return (async () => { ${code}\nreturn broker; })()`);
    const broker = (await start(startBroker)) as Broker;
    t.after(() => broker.close());
    assert.ok(broker.listeners.some(({ protocol }) => protocol !== 'PLAINTEXT'));
    await broker.close();
  }
});
