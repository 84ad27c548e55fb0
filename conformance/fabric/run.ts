/**
 * Spring Boot services, unmodified, against Headwater or against Spring's own servers:
 * `npm run conformance -- fabric [--target spring|headwater] [--short] [--record] [--update] [TEXT …]`. See README.md.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildApplications, javaArgs, zipkinJar } from './build.ts';
import { adminChecks } from './checks/admin.ts';
import { configChecks, encrypt, initial } from './checks/config.ts';
import { discoveryChecks, leavingChecks } from './checks/discovery.ts';
import { gatewayChecks } from './checks/gateway.ts';
import { identityChecks } from './checks/identity.ts';
import { kafkaChecks } from './checks/kafka.ts';
import { nestChecks } from './checks/nest.ts';
import { pythonAndGoChecks } from './checks/python-and-go.ts';
import { sdkChecks, sdkLeavingChecks } from './checks/sdk.ts';
import { springGatewayChecks } from './checks/spring-gateway.ts';
import { tracingChecks } from './checks/tracing.ts';
import { writeConfigRepo, writeShared } from './config-repo.ts';
import { type Check, makeFabric, Skip } from './fabric.ts';
import { freePorts, startProcess } from './processes.ts';
import { type Result, record } from './results.ts';
import type { ServerOptions, Servers } from './servers.ts';

const checks: readonly Check[] = [
  ...discoveryChecks,
  ...configChecks,
  ...identityChecks,
  ...gatewayChecks,
  ...springGatewayChecks,
  ...kafkaChecks,
  ...tracingChecks,
  ...nestChecks,
  ...pythonAndGoChecks,
  ...sdkChecks,
  ...adminChecks,
  ...sdkLeavingChecks,
  ...leavingChecks,
];

const maxDetailLines = 12;
const ratchetFile = join(import.meta.dirname, '../ratchets.json');

export async function runFabricSuite(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      target: { type: 'string', default: 'headwater' },
      short: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      update: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  const { target } = values;
  if (target !== 'headwater' && target !== 'spring') {
    console.error(`--target is headwater or spring, not ${target}`);
    return 2;
  }
  const chosen = checks.filter(
    ({ area, name, isShort }) =>
      (!values.short || isShort) &&
      (positionals.length === 0 || positionals.some((text) => `${area} ${name}`.includes(text))),
  );
  const jar = await buildApplications(values.short);
  if (typeof jar === 'string') {
    console.log(`skipped: ${jar}\n0 passed, 0 failed, ${chosen.length} skipped`);
    return 0;
  }
  const dir = await mkdtemp(join(tmpdir(), 'fabric-'));
  const options: ServerOptions = { configDir: join(dir, 'config'), logDir: join(dir, 'logs'), short: values.short };
  await Promise.all([options.configDir, options.logDir].map((each) => mkdir(each)));
  await writeConfigRepo(options.configDir, initial);
  // The services' own end closes all that is open.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

  const results: Result[] = [];
  let servers: Servers | undefined;
  try {
    servers =
      target === 'spring'
        ? await (await import('./servers-spring.ts')).startSpringServers(jar, options)
        : await (await import('./servers-headwater.ts')).startHeadwater(options);
    const close = servers.close.bind(servers);
    if (servers.zipkinUrl === null && !values.short) {
      const zipkin = await startZipkin(options.logDir);
      if (typeof zipkin === 'string') console.log(zipkin);
      else {
        servers.zipkinUrl = zipkin.url;
        servers.close = async () => void (await Promise.all([zipkin.stop(), close()]));
      }
    }
    if (servers.configUrl !== null) {
      // A server that cannot encrypt is told by the check of it.
      const secret = await encrypt(servers.configUrl, 'own secret').catch(() => undefined);
      await writeShared(options.configDir, { ...initial, ...(secret !== undefined && { secret }) });
    }
    const fabric = await makeFabric({ servers, jar, configDir: options.configDir, logDir: options.logDir });
    await fabric.startService('echo');
    await fabric.startService('front');
    console.log(
      Object.entries(servers.startTimes)
        .map(([name, ms]) => `${name} ${(ms / 1000).toFixed(1)} s`)
        .join(', '),
    );
    for (const check of chosen) {
      let result = await runCheck(check, () => check.run(fabric));
      // A busy machine makes a service miss a time limit of its own once; what fails twice has failed.
      if (result.outcome === 'failed') result = await runCheck(check, () => check.run(fabric));
      results.push(result);
    }
  } finally {
    await servers?.close();
    const failed = results.length < chosen.length || results.some(({ outcome }) => outcome === 'failed');
    if (values.keep || failed) console.log(`logs: ${options.logDir}`);
    else await rm(dir, { recursive: true, force: true });
  }
  const count = (outcome: Result['outcome']): number => results.filter((result) => result.outcome === outcome).length;
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
  if (values.record) {
    await record(
      target,
      results,
      checks.map(({ name }) => name),
    );
  }
  if (target === 'spring' || positionals.length > 0) return Number(count('failed') > 0);
  return await againstRatchet(values.short ? 'fabric-short' : 'fabric', count('passed'), chosen.length, values.update);
}

async function runCheck({ area, name }: Check, run: () => Promise<string | undefined>): Promise<Result> {
  const startedMs = performance.now();
  let outcome: Result['outcome'] = 'passed';
  let detail: string | undefined;
  try {
    detail = await run();
  } catch (error) {
    outcome = error instanceof Skip ? 'skipped' : 'failed';
    const lines = (error instanceof Error ? error.message : String(error)).split('\n');
    detail = lines.slice(0, maxDetailLines).join('\n     ');
  }
  const seconds = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
  const mark = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' }[outcome];
  console.log(`${mark} ${area}: ${name}  ${seconds}${detail === undefined ? '' : `\n     ${detail}`}`);
  return { area, name, outcome, detail: detail ?? '' };
}

async function startZipkin(logDir: string): Promise<{ url: string; stop(): Promise<void> } | string> {
  const found = await zipkinJar();
  if (typeof found === 'string') return found;
  const [port] = await freePorts(1);
  const listener = ['ip=127.0.0.1', `port=${port}`, 'protocols[0]=http'].map((each) => `--armeria.ports[0].${each}`);
  const args = [...javaArgs, '-jar', found.jar, ...listener];
  return await startProcess({
    name: 'zipkin',
    command: 'java',
    args,
    env: {},
    port: port!,
    readyPath: '/health',
    logDir,
  });
}

/** Fewer than ever before is a failure; what is not served yet is none. */
async function againstRatchet(key: string, passed: number, total: number, update: boolean): Promise<number> {
  const ratchets = JSON.parse(await readFile(ratchetFile, 'utf8')) as Record<string, { passed: number; total: number }>;
  const before = ratchets[key]?.passed ?? 0;
  if (update && passed > before) {
    ratchets[key] = { passed, total };
    await writeFile(ratchetFile, `${JSON.stringify(ratchets, null, 2)}\n`);
    return 0;
  }
  if (passed < before) console.log(`${before} passed before`);
  return Number(passed < before);
}
