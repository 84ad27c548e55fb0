import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from '../clients/install/cache.ts';
import { type Application, javaArgs } from './build.ts';
import { freePorts, type Running, startProcess } from './processes.ts';
import { encryptKey, type ServerOptions, type Servers } from './servers.ts';

const kafkaName = 'kafka-fabric';

/** The control: Netflix's Eureka, Spring's config server, authorization server and gateway, and Apache Kafka. */
export async function startSpringServers(
  jar: (name: Application) => string,
  { configDir, logDir }: ServerOptions,
): Promise<Servers> {
  const started: Running[] = [];
  const startTimes: Record<string, number> = {};
  const [eurekaPort, configPort, issuerPort, gatewayPort, kafkaPort, controllerPort] = await freePorts(6);
  const start = async (name: Application, port: number, env: Record<string, string>, readyPath: string) => {
    const args = [...javaArgs, '-jar', jar(name)];
    const all = { ...env, SERVER_PORT: String(port) };
    const server = await startProcess({ name, command: 'java', args, env: all, port, readyPath, logDir });
    started.push(server);
    startTimes[name] = server.startMs;
    return server.url;
  };
  const kafka = `127.0.0.1:${kafkaPort}`;
  const stopKafka = await startKafka(kafkaPort!, controllerPort!);
  const discoveryUrl = await start('eureka', eurekaPort!, {}, '/eureka/apps');
  const config = { FABRIC_KAFKA: kafka, FABRIC_CONFIG_DIR: configDir, FABRIC_ENCRYPT_KEY: encryptKey };
  const configUrl = await start('config', configPort!, config, '/actuator/info');
  const issuer = await start('issuer', issuerPort!, {}, '/.well-known/openid-configuration');
  const servers: Servers = {
    kafka,
    discoveryUrl,
    configUrl,
    issuer,
    gatewayUrl: null,
    zipkinUrl: null,
    startTimes,
    async startGateway() {
      const env = { FABRIC_EUREKA_URL: discoveryUrl, FABRIC_CONFIG_URL: configUrl, FABRIC_ISSUER: issuer };
      servers.gatewayUrl = await start('gateway', gatewayPort!, env, '/actuator/info');
    },
    async close() {
      await Promise.all(started.map((server) => server.kill()));
      await stopKafka();
    },
  };
  return servers;
}

async function startKafka(port: number, controllerPort: number): Promise<() => Promise<void>> {
  const shared = process.env['HEADWATER_SHARED'] ?? resolve(import.meta.dirname, '../../../shared');
  const launcher = process.env['KAFKA_PEER'] ?? join(shared, 'peers/kafka');
  if (!existsSync(launcher))
    throw new Error('Apache Kafka is not here (KAFKA_PEER, or peers/kafka in HEADWATER_SHARED)');
  const env = {
    ...process.env,
    KAFKA_PEER_NAME: kafkaName,
    KAFKA_PEER_PORT: String(port),
    KAFKA_PEER_CONTROLLER_PORT: String(controllerPort),
    KAFKA_PEER_HEAP: '400m',
    KAFKA_PEER_WAIT: '180',
  };
  await run(launcher, ['reset'], { env });
  await run(launcher, ['start'], { env, timeout: 240_000 });
  return async () => void (await run(launcher, ['reset'], { env }));
}
