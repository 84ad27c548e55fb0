import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseProperties, readClientProperties } from './client-properties.ts';

test("properties are read as Java's", () => {
  const text = '# a comment\n! another\n a = 1 \nb:two\nc\\\nd=x\\\n   y\ne=a\\u0041\\tb\\\\\nempty=\n';
  assert.deepEqual(Object.fromEntries(parseProperties(text)), { a: '1 ', b: 'two', cd: 'xy', e: 'aA\tb\\', empty: '' });
});

test('a secured cluster is described by the file that Kafka’s own tools take', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'properties-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'ca.pem'), 'AUTHORITY');
  const read = (text: string) => {
    writeFileSync(join(folder, 'client.properties'), text);
    return readClientProperties('client.properties', folder);
  };
  assert.deepEqual(read('acks=all\n'), {});
  const login =
    'sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\\n username="ada" \\\n password="a \\"b";\n';
  assert.deepEqual(
    read(
      `bootstrap.servers=k:9093\nsecurity.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n${login.replace(' \\"b', '-b')}ssl.truststore.type=PEM\nssl.truststore.location=ca.pem\n`,
    ),
    {
      bootstrap: 'k:9093',
      ssl: { ca: 'AUTHORITY' },
      sasl: { mechanism: 'scram-sha-512', username: 'ada', password: 'a-b' },
    },
  );
  for (const [text, said] of [
    ['security.protocol=TLS', /PLAINTEXT, SSL/],
    ['security.protocol=SSL\nssl.truststore.location=a.jks', /only Java reads.*PEM/],
    ['security.protocol=SASL_SSL\nsasl.mechanism=GSSAPI', /SCRAM-SHA-256/],
    ['security.protocol=SASL_SSL\nsasl.mechanism=PLAIN', /username="…"/],
    ['security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location=no.pem', /cannot be read/],
  ] as const) {
    assert.throws(() => read(text), { code: 'HW_CLI_PROPERTIES', message: said });
  }
});
