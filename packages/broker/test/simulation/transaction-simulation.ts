import assert from 'node:assert/strict';
import { ErrorCode } from '@headwater/protocol';
import { StorageError } from '../../src/storage/index.ts';
import { batchOf } from '../../src/storage/testing/records.ts';
import type { SeededRandom } from '../../src/storage/testing/seeded-random.ts';
import type { TransactionWorld, WorldProducer } from '../../src/transactions/testing/transaction-world.ts';

const topics = ['orders', 'bills'];
const input = 'input';

/** What is known of a transaction: `unknown` was asked to be committed, and the answer did not come. */
interface Transaction {
  values: { topic: string; value: string }[];
  offset: number | null;
  fate: 'open' | 'committed' | 'aborted' | 'unknown';
}

class Client {
  readonly id: string;
  producer: WorldProducer | null = null;
  /** Was fenced by the one that came after it. */
  zombie: WorldProducer | null = null;
  open: Transaction | null = null;
  readonly ended: Transaction[] = [];
  /** What its group has committed. */
  offset = -1;
  values = 0;

  constructor(id: string) {
    this.id = id;
  }
}

/**
 * Transactional producers that write, commit their group's offsets, commit and abort, are fenced and time out, compared with a model:
 * a reader of committed records sees every transaction that was acknowledged as committed, no other, and each as a whole with its offsets.
 */
export class TransactionSimulation {
  readonly clients = ['a', 'b', 'c'].map((id) => new Client(id));
  readonly #world: TransactionWorld;
  readonly #random: SeededRandom;
  #plain: string[] = [];

  constructor(world: TransactionWorld, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
  }

  get hasUnknown(): boolean {
    return this.clients.some(({ ended }) => ended.at(-1)?.fate === 'unknown');
  }

  makeTopics(): void {
    for (const topic of topics) this.#world.topic(topic);
  }

  async step(): Promise<void> {
    const random = this.#random;
    const client = random.pick(this.clients);
    const dice = random.below(100);
    if (client.producer === null || dice < 5) await this.#init(client);
    else if (dice < 12) await this.#actAsZombie(client);
    else if (dice < 20) await this.#writePlain();
    else if (dice < 60 || client.open === null) await this.#send(client);
    else if (dice < 75) await this.#commitOffset(client);
    else await this.#end(client, random.chance(0.7));
  }

  /** The process is gone, and with it what clients had open; the next one of each id ends it. */
  lost(): void {
    for (const client of this.clients) this.#drop(client);
  }

  async #init(client: Client): Promise<void> {
    const producer = this.#world.producer(client.id);
    let errorCode = await producer.init();
    // The one before is still being ended; clients ask again.
    for (let turns = 0; errorCode === ErrorCode.CONCURRENT_TRANSACTIONS && turns < 10_000; turns++) {
      await new Promise(setImmediate);
      errorCode = await producer.init();
    }
    if (errorCode !== 0) return;
    if (client.producer !== null) client.zombie = client.producer;
    this.#drop(client);
    client.producer = producer;
  }

  /** What it had open will not be committed any more. */
  #drop(client: Client): void {
    if (client.open !== null) {
      client.open.fate = 'aborted';
      client.ended.push(client.open);
    }
    client.open = null;
    client.producer = null;
  }

  async #send(client: Client): Promise<void> {
    client.open ??= { values: [], offset: null, fate: 'open' };
    const topic = this.#random.pick(topics);
    const value = `${client.id}.${client.values++}`;
    client.open.values.push({ topic, value });
    await this.#attempt(client, () => client.producer!.send(topic, value));
  }

  async #commitOffset(client: Client): Promise<void> {
    const offset = this.#random.below(1_000_000);
    client.open!.offset = offset;
    await this.#attempt(client, () => client.producer!.commitOffset(client.id, input, offset));
  }

  async #end(client: Client, isCommit: boolean): Promise<void> {
    const transaction = client.open!;
    client.open = null;
    transaction.fate = isCommit ? 'unknown' : 'aborted';
    client.ended.push(transaction);
    const errorCode = await this.#attempt(client, () => client.producer!.end(isCommit));
    if (errorCode !== 0 || !isCommit) return;
    transaction.fate = 'committed';
    client.offset = transaction.offset ?? client.offset;
  }

  /** A client that is told anything but success begins anew. */
  async #attempt(client: Client, ask: () => Promise<number>): Promise<number> {
    let errorCode: number;
    try {
      errorCode = await ask();
    } catch (error) {
      if (!(error instanceof StorageError) && !this.#world.files.hasCrashed) throw error;
      errorCode = ErrorCode.KAFKA_STORAGE_ERROR;
    }
    if (errorCode !== 0) this.#drop(client);
    return errorCode;
  }

  async #actAsZombie({ zombie }: Client): Promise<void> {
    if (zombie === null) return;
    const act = this.#random.pick([
      () => zombie.send('orders', 'zombie'),
      () => zombie.commitOffset(zombie.transactionalId, input, 666),
      () => zombie.end(true),
    ]);
    assert.notEqual(await act(), 0, 'one that was fenced is refused');
  }

  async #writePlain(): Promise<void> {
    const value = `plain.${this.#plain.length}`;
    this.#plain.push(value);
    try {
      await this.#world.topic('orders').append(batchOf([value], { timestamp: this.#world.clock.now() })).flushed;
    } catch (error) {
      if (!(error instanceof StorageError) && !this.#world.files.hasCrashed) throw error;
      // It may be there or not: nothing more is said of it.
      this.#plain.pop();
      this.#plain.push('');
    }
  }

  /** All that is open times out, what was being ended is ended; then everything is known and compared. */
  async settle(): Promise<void> {
    const world = this.#world;
    for (let round = 0; round < 3; round++) {
      world.clock.advance(40_000);
      for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
    }
    for (let turns = 0; world.undecided().length > 0 && turns < 10_000; turns++) await new Promise(setImmediate);
    assert.deepEqual(world.undecided(), [], 'what was open has timed out');
    for (const client of this.clients) this.#drop(client);
    const seen = new Map<string, Set<string>>();
    for (const topic of topics) seen.set(topic, new Set(await this.#visible(topic)));
    for (const client of this.clients) {
      for (const transaction of client.ended) this.#decide(client, transaction, seen);
      assert.equal(world.offsetOf(client.id, input), client.offset, `the offset of ${client.id}`);
      // What was checked need not be remembered one by one.
      client.ended.splice(0, Math.max(0, client.ended.length - 200));
    }
    for (const value of this.#plain) if (value !== '') assert.ok(seen.get('orders')!.has(value), `${value} is lost`);
  }

  #decide(client: Client, transaction: Transaction, seen: ReadonlyMap<string, ReadonlySet<string>>): void {
    const { values, fate, offset } = transaction;
    const there = values.filter(({ topic, value }) => seen.get(topic)!.has(value));
    const isThere = there.length > 0 || (values.length === 0 && fate === 'committed');
    const text = values.map(({ value }) => value).join(' ');
    if (fate === 'committed') assert.equal(there.length, values.length, `committed, but not all there: ${text}`);
    else if (fate === 'unknown') {
      assert.ok(there.length === 0 || there.length === values.length, `there in part: ${text}`);
      transaction.fate = isThere ? 'committed' : 'aborted';
      if (isThere) client.offset = offset ?? client.offset;
    } else assert.equal(there.length, 0, `${fate}, but there: ${text}`);
  }

  async #visible(topic: string): Promise<string[]> {
    const values = await this.#world.committed(topic);
    assert.ok(!values.includes('zombie'), 'nothing of one that was fenced');
    assert.equal(new Set(values).size, values.length, `each record of ${topic} once`);
    for (const { id } of this.clients) {
      const numbers = values.filter((value) => value.startsWith(`${id}.`)).map((value) => Number(value.split('.')[1]));
      assert.deepEqual(
        numbers,
        [...numbers].sort((a, b) => a - b),
        `${id} in order`,
      );
    }
    return values;
  }
}
