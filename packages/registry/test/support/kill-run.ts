/** Registries that are killed while many clients register: what was acknowledged must stay, and no id may get another schema. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { callRegistry } from './registry-call.ts';

export interface KillRunOptions {
  kafkaUrl: string;
  /** Tells the run's topic and group from those of others. */
  name: string;
  seed: number;
  registries: number;
  clients: number;
  kills: number;
}

export interface KillRunResult {
  kills: number;
  acknowledged: number;
  refused: number;
  ids: number;
}

interface Acknowledged {
  id: number;
  version: number;
  schema: string;
}

class RegistryProcess {
  url = '';
  readonly #options: object;
  #child: ChildProcess | null = null;

  constructor(options: object) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const port = this.url === '' ? 0 : Number(new URL(this.url).port);
    const file = resolve(import.meta.dirname, 'registry-process.ts');
    const child = spawn(process.execPath, [file, JSON.stringify({ ...this.#options, port })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const [line] = await Promise.race([
      once(child.stdout!, 'data'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`the registry ended with ${code}`);
      }),
    ]);
    this.url = String(line).trim();
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
}

export async function runKills(options: KillRunOptions): Promise<KillRunResult> {
  const { clients, kafkaUrl, kills, name } = options;
  const random = seeded(options.seed);
  const own = {
    kafkaUrl,
    topic: `_schemas-${name}`,
    groupId: `registries-${name}`,
    sessionTimeoutMs: 6_000,
    heartbeatIntervalMs: 250,
  };
  const registries = Array.from({ length: options.registries }, () => new RegistryProcess(own));
  const acknowledged = new Map<string, Acknowledged>();
  const schemasById = new Map<number, string>();
  let refused = 0;
  let isOver = false;

  const keep = (subject: string, { id, schema, version }: Acknowledged): void => {
    const of = schemasById.get(id);
    assert.ok(of === undefined || of === schema, `id ${id} was of ${of}, and is of ${schema}`);
    schemasById.set(id, schema);
    const key = `${subject}/${version}`;
    const before = acknowledged.get(key);
    assert.ok(before === undefined || (before.id === id && before.schema === schema), `${key} has changed`);
    acknowledged.set(key, { id, schema, version });
  };

  async function register(number: number): Promise<void> {
    for (let index = 0; !isOver; index++) {
      const subject = `s${(index + number) % 7}`;
      const schema = JSON.stringify({ type: 'fixed', name: `F${number % 3}_${index}`, size: 1 + (index % 9) });
      const { url } = registries[random(registries.length)]!;
      try {
        const { body, status } = await callRegistry(url, 'POST', `/subjects/${subject}/versions?force=true`, {
          schema,
        });
        if (status === 200) keep(subject, { id: body.id, version: body.version, schema: body.schema });
        else refused += 1;
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        refused += 1;
        await pause(20);
      }
    }
  }

  try {
    await Promise.all(registries.map((each) => each.start()));
    const working = Promise.all(Array.from({ length: clients }, (_, number) => register(number)));
    working.catch(() => {});
    for (let kill = 0; kill < kills; kill++) {
      const enough = acknowledged.size + 5 + random(60);
      while (acknowledged.size < enough) await Promise.race([pause(5), working]);
      const victim = registries[random(registries.length)]!;
      await victim.stop('SIGKILL');
      if (random(2) === 0) await pause(random(200));
      await victim.start();
    }
    isOver = true;
    await working;
    for (const { url } of registries) await check(url);
    await Promise.all(registries.map((each) => each.stop('SIGKILL')));
    await registries[0]!.start();
    await check(registries[0]!.url);
  } finally {
    isOver = true;
    await Promise.all(registries.map((each) => each.stop('SIGTERM')));
  }
  return { kills, acknowledged: acknowledged.size, refused, ids: schemasById.size };

  async function check(url: string): Promise<void> {
    const listed = new Map<string, Acknowledged>();
    for (let offset = 0; ; offset += 1_000) {
      const { body } = await callRegistry(url, 'GET', `/schemas?deleted=true&offset=${offset}`);
      for (const { id, schema, subject, version } of body) {
        listed.set(`${subject}/${version}`, { id, schema, version });
        const of = schemasById.get(id);
        assert.ok(of === undefined || of === schema, `id ${id} has another schema`);
      }
      if (body.length < 1_000) break;
    }
    for (const [key, expected] of acknowledged) assert.deepEqual(listed.get(key), expected, key);
  }
}

/** Whole numbers below a bound, the same for the same seed. */
function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
