import type { Broker } from '../../index.ts';
import type { SeededRandom } from '../../src/storage/testing/seeded-random.ts';
import { RawClient } from '../raw-client.ts';
import { mutate } from './mutate.ts';

/**
 * Turns of the event loop, which the broker shares, that a frame is waited for: some wait for others, some for bytes that never come.
 * Not a time: on a busy machine all of them would seem to wait.
 */
const patienceTurns = 300;

/** Sends damaged frames one after the other, and waits until each was answered, refused by closing, or left to wait. */
export class HostileClient {
  frames = 0;
  answered = 0;
  closed = 0;
  readonly #broker: Broker;
  readonly #random: SeededRandom;
  readonly #originals: readonly Buffer[];
  #client: RawClient | null = null;

  constructor(broker: Broker, random: SeededRandom, originals: readonly Buffer[]) {
    this.#broker = broker;
    this.#random = random;
    this.#originals = originals;
  }

  async send(): Promise<void> {
    const random = this.#random;
    if (this.#client === null || this.#client.isClosed) this.#client = await RawClient.connect(this.#broker);
    const client = this.#client;
    const frame = mutate(random.pick(this.#originals), random.pick(this.#originals), random, 4);
    const size = Buffer.alloc(4);
    size.writeInt32BE(random.chance(0.98) ? frame.length : random.pick([-1, 0, 3, frame.length + 5, 0x7fff_ffff]));
    client.write(Buffer.concat([size, frame]));
    this.frames++;
    for (let turn = 0; turn < patienceTurns && client.frames.length === 0 && !client.isClosed; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (client.frames.length > 0) this.answered++;
    else if (client.isClosed) this.closed++;
    else client.close();
    client.frames.length = 0;
  }

  close(): void {
    this.#client?.close();
  }
}
