/** Foreign clients over TLS with each way to log in. Passwords, tokens and certificates are made here, for this run. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Broker, startBroker } from '@headwater/broker';
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { canRun } from './install/cache.ts';
import { kafkaTool } from './install/java.ts';
import { python } from './install/python.ts';

const run = promisify(execFile);
const user = 'alice';
const password = 'alice-secret';
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;
const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let dir: string;
let broker: Broker;
/** By name: what a certificate is mostly for. */
let bootstrap: string;
let caFile: string;
let token: string;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'headwater-security-'));
  const jwks = join(dir, 'jwks.json');
  const key = { ...signer.publicKey.export({ format: 'jwk' }), kid: 'test', alg: 'ES256' };
  await writeFile(jwks, JSON.stringify({ keys: [key] }));
  broker = await startBroker({
    tls: true,
    users: { [user]: password },
    oauth: { issuer: 'https://id.example', jwksUrl: pathToFileURL(jwks).href },
  });
  bootstrap = `localhost:${broker.port}`;
  caFile = broker.tls!.caFile;
  token = signedToken();
});

after(async () => {
  await broker?.close();
  await rm(dir, { recursive: true, force: true });
});

function signedToken(): string {
  const nowS = Math.floor(Date.now() / 1_000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: 'https://id.example', sub: user, iat: nowS, exp: nowS + 3_600, scope: 'kafka' };
  const text = `${part({ alg: 'ES256', kid: 'test' })}.${part(claims)}`;
  const options = { key: signer.privateKey, dsaEncoding: 'ieee-p1363' as const };
  return `${text}.${sign('sha256', Buffer.from(text), options).toString('base64url')}`;
}

const topicOf = (client: string, mechanism: string) => `${client}-${mechanism}`.toLowerCase();

test('kcat', async (t) => {
  if (!(await canRun('kcat', ['-V']))) return t.skip('kcat is not installed');
  for (const mechanism of mechanisms.slice(0, 3)) {
    const settings = {
      'security.protocol': 'SASL_SSL',
      'ssl.ca.location': caFile,
      'sasl.mechanism': mechanism,
      'sasl.username': user,
      'sasl.password': password,
    };
    const common = [
      '-b',
      bootstrap,
      ...Object.entries(settings).flatMap(([name, value]) => ['-X', `${name}=${value}`]),
    ];
    const topic = topicOf('kcat', mechanism);
    const producer = spawn('kcat', [...common, '-P', '-t', topic, '-p', '0'], { stdio: ['pipe', 'ignore', 'inherit'] });
    producer.stdin.end(`${mechanism}\n`);
    assert.equal(await new Promise((resolve) => producer.once('close', resolve)), 0);
    const { stdout }: { stdout: string } = await run(
      'kcat',
      [...common, '-C', '-t', topic, '-e', '-q', '-o', 'beginning'],
      {
        timeout: 60_000,
      },
    );
    assert.equal(stdout, `${mechanism}\n`);
  }
});

for (const library of ['confluent-kafka', 'kafka-python', 'aiokafka']) {
  test(library, async (t) => {
    const launcher = await python('security_client.py');
    if (typeof launcher === 'string') return t.skip(launcher);
    for (const mechanism of mechanisms) {
      const secret = mechanism === 'OAUTHBEARER' ? token : password;
      const args: string[] = [
        ...launcher.args,
        library,
        bootstrap,
        caFile,
        mechanism,
        user,
        secret,
        topicOf(library, mechanism),
      ];
      const { stdout }: { stdout: string } = await run(launcher.command, args, { timeout: 120_000 });
      assert.equal(stdout.trim(), `${library} ${mechanism}`);
    }
  });
}

test('kafkajs', async () => {
  for (const mechanism of mechanisms) {
    const sasl = (
      mechanism === 'OAUTHBEARER'
        ? { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: token }) }
        : { mechanism: mechanism.toLowerCase(), username: user, password }
    ) as SASLOptions;
    const ssl = { ca: [broker.tls!.ca.certificate] };
    const kafka = new Kafka({ brokers: [bootstrap], ssl, sasl, logLevel: logLevel.ERROR });
    const topic = topicOf('kafkajs', mechanism);
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ value: mechanism }] });
    await producer.disconnect();
    const consumer = kafka.consumer({ groupId: topic });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const value = await new Promise((resolve) => {
      void consumer.run({ eachMessage: async ({ message }) => resolve(String(message.value)) });
    });
    await consumer.disconnect();
    assert.equal(value, mechanism);
  }
});

test('@platformatic/kafka', async () => {
  for (const mechanism of mechanisms) {
    const sasl = mechanism === 'OAUTHBEARER' ? { mechanism, token } : { mechanism, username: user, password };
    const options = {
      clientId: 'security',
      bootstrapBrokers: [bootstrap],
      tls: { ca: broker.tls!.ca.certificate },
      sasl,
      autocreateTopics: true,
    };
    const topic = topicOf('platformatic', mechanism);
    const producer = new Producer({ ...options, serializers: stringSerializers });
    await producer.send({ messages: [{ topic, value: mechanism }] });
    await producer.close();
    const consumer = new Consumer({ ...options, groupId: topic, deserializers: stringDeserializers });
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' });
    for await (const { value } of stream) {
      assert.equal(value, mechanism);
      break;
    }
    await consumer.close(true);
  }
});

test("Apache Kafka's tools, with users that are made while the broker runs", async (t) => {
  const tool = kafkaTool();
  if (tool === null) return t.skip("Apache Kafka's tools are not here");
  const properties = join(dir, 'client.properties');
  const login = (mechanism: string, name: string, secret: string) => {
    const module = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule';
    return writeFile(
      properties,
      [
        'security.protocol=SASL_SSL',
        'ssl.truststore.type=PEM',
        `ssl.truststore.location=${caFile}`,
        `sasl.mechanism=${mechanism}`,
        `sasl.jaas.config=org.apache.kafka.common.security.${module} required username="${name}" password="${secret}";`,
      ].join('\n'),
    );
  };
  const env = { ...process.env, KAFKA_TOOL_TIER: '1' };
  const call = async (name: string, ...args: string[]) => {
    const all = [name, '--bootstrap-server', bootstrap, '--command-config', properties, ...args];
    return (await run(tool, all, { env, timeout: 120_000 })).stdout;
  };
  await login('PLAIN', user, password);
  await call('topics', '--create', '--topic', 'java');
  const entity = ['--entity-type', 'users', '--entity-name', 'bob'];
  await call('configs', '--alter', '--add-config', 'SCRAM-SHA-256=[iterations=8192,password=bob-secret]', ...entity);
  assert.match(await call('configs', '--describe', ...entity), /SCRAM-SHA-256=iterations=8192/);
  await login('SCRAM-SHA-256', 'bob', 'bob-secret');
  assert.match(await call('topics', '--list'), /^java$/m);
  await call('configs', '--alter', '--delete-config', 'SCRAM-SHA-256', ...entity);
  await assert.rejects(call('topics', '--list'), /SaslAuthenticationException/);
});
