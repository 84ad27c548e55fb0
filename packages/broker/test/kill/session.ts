import { type ApiKey, decodeResponse, type RequestInputOf, type ResponseOf } from '@headwater/protocol';
import { RawClient } from '../raw-client.ts';
import type { World } from './world.ts';

/** The broker was killed, or is not back yet: what was asked may have been done or not. */
export class ConnectionLost extends Error {}

/** A broker that is up and does not answer for so long hangs, even on a slow machine. */
const answerTimeoutMs = 120_000;

/** A connection that is made again when it is needed after a kill. One request at a time, or several and then their answers. */
export class Session {
  readonly world: World;
  #client: RawClient | null = null;

  constructor(world: World) {
    this.world = world;
  }

  async call<K extends ApiKey>(apiKey: K, version: number, body: RequestInputOf[K]): Promise<ResponseOf[K]> {
    await this.send(apiKey, version, body);
    return this.answer(apiKey, version);
  }

  async send<K extends ApiKey>(apiKey: K, version: number, body: RequestInputOf[K]): Promise<void> {
    const client = await this.#connected();
    client.send(apiKey, version, body, 'kill');
  }

  /** The next answer, to the oldest request that has none yet. */
  async answer<K extends ApiKey>(apiKey: K, version: number): Promise<ResponseOf[K]> {
    const client = this.#client;
    if (client === null) throw new ConnectionLost('not connected');
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      client.close();
    }, answerTimeoutMs);
    try {
      const frame = await client.nextFrame().catch(() => null);
      if (isLate) throw new Error(`No answer to API ${apiKey} within ${answerTimeoutMs} ms.`);
      if (frame === null) {
        this.close();
        throw new ConnectionLost('closed');
      }
      this.world.answers++;
      return decodeResponse(apiKey, version, frame).body;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#client?.close();
    this.#client = null;
  }

  async #connected(): Promise<RawClient> {
    if (this.#client?.isClosed === true) this.close();
    if (this.#client !== null) return this.#client;
    try {
      this.#client = await RawClient.connect(this.world.address);
      return this.#client;
    } catch {
      throw new ConnectionLost('refused');
    }
  }
}
