import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { choosePort } from './port.ts';

async function taken(): Promise<{ port: number; close: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

const wish = { name: 'Kafka', host: '127.0.0.1', isStrict: false, reserved: new Set<number>() };

test('a taken port moves to the next free one that nobody else will want', async () => {
  const { port, close } = await taken();
  const reserved = new Set([port + 1]);
  const choice = await choosePort({ ...wish, port, reserved });
  assert.equal(choice.movedFrom, port);
  assert.ok(choice.port > port + 1, `${choice.port} is beyond the reserved ${port + 1}`);
  close();
});

test('a taken port is refused when strict, with the part and the port', async () => {
  const { port, close } = await taken();
  await assert.rejects(choosePort({ ...wish, port, isStrict: true }), (error: { code?: string; message: string }) => {
    assert.equal(error.code, 'HW_PORT_TAKEN');
    assert.match(error.message, new RegExp(`Kafka cannot listen on 127\\.0\\.0\\.1:${port}`));
    return true;
  });
  close();
});

test('port 0 is any that outgoing connections do not take, and an address that is not ours is named', async () => {
  const { port } = await choosePort({ ...wish, port: 0 });
  assert.ok(port >= 10_240 && port < 32_768, String(port));
  await assert.rejects(choosePort({ ...wish, host: '192.0.2.1', port: 0 }), { code: 'HW_PORT_HOST' });
});
