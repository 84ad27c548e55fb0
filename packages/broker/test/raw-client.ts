import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type ApiKey, decodeResponse, encodeRequest, type RequestInputOf, type ResponseOf } from '@headwater/protocol';

/** A client that sends what it is told, well formed or not, and hands back what comes: what a test of a broker needs. */
export class RawClient {
  readonly socket: Socket;
  /** Frames without their size, in the order in which they came. */
  readonly frames: Buffer[] = [];
  isClosed = false;
  receivedBytes = 0;
  #rest: Buffer = Buffer.alloc(0);
  #correlationId = 1;
  #wake: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (data) => this.#received(data));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.#notify();
    });
  }

  static async connect({ host, port }: { host: string; port: number }): Promise<RawClient> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Resolves when the handshake is done; rejects when it fails. */
  static async connectTls(options: ConnectionOptions): Promise<RawClient> {
    const socket = connectTls(options);
    await once(socket, 'secureConnect');
    return new RawClient(socket);
  }

  /** Sends a request and waits for the next answer. */
  async call<K extends ApiKey>(
    apiKey: K,
    version: number,
    body: RequestInputOf[K],
    clientId: string | null = 'test',
  ): Promise<ResponseOf[K]> {
    const correlationId = this.send(apiKey, version, body, clientId);
    const { body: answer, correlationId: answered } = decodeResponse(apiKey, version, await this.nextFrame());
    if (answered !== correlationId) throw new Error(`answer ${answered} came for request ${correlationId}`);
    return answer;
  }

  send<K extends ApiKey>(
    apiKey: K,
    version: number,
    body: RequestInputOf[K],
    clientId: string | null = 'test',
  ): number {
    const correlationId = this.#correlationId++;
    this.socket.write(encodeRequest(apiKey, version, correlationId, clientId, body));
    return correlationId;
  }

  write(bytes: Buffer | string): void {
    this.socket.write(bytes);
  }

  async nextFrame(): Promise<Buffer> {
    await this.until(() => this.frames.length > 0);
    const frame = this.frames.shift();
    if (frame === undefined) throw new Error('the connection was closed instead of an answer');
    return frame;
  }

  async closed(): Promise<void> {
    await this.until(() => false);
  }

  /** Waits for a condition that can change with what comes in, or for the end of the connection. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.isClosed) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  close(): void {
    this.socket.destroy();
  }

  #received(data: Buffer): void {
    this.receivedBytes += data.length;
    this.#rest = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readInt32BE(0)) {
      const end = 4 + this.#rest.readInt32BE(0);
      this.frames.push(this.#rest.subarray(4, end));
      this.#rest = this.#rest.subarray(end);
    }
    this.#notify();
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
