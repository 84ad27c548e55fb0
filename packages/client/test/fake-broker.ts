/** A server that speaks the protocol's framing and answers as a test tells it to: for what a real broker seldom does. */
import { createServer, type Server, type Socket } from 'node:net';
import {
  ApiKey,
  apis,
  decodeRequest,
  decodeRequestHeader,
  encodeResponse,
  type RequestHead,
  type RequestOf,
  type ResponseInputOf,
} from '@headwater/protocol';
import { FrameSplitter } from '../src/frame-splitter.ts';

type Answer<K extends ApiKey> = ResponseInputOf[K] | null | 'drop' | Buffer | Promise<ResponseInputOf[K]>;
export type Handlers = { [K in ApiKey]?: (request: RequestOf[K], head: RequestHead, socket: Socket) => Answer<K> };

/** By default a broker with id 1 that leads the partitions of every topic asked for. */
export class FakeBroker {
  handlers: Handlers = {};
  readonly seen: { head: RequestHead; body: unknown }[] = [];
  partitions = 1;
  connections = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer((socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
      const splitter = new FrameSplitter(1 << 24, (frame) => void this.answer(frame, socket));
      socket.on('data', (chunk: Buffer) => splitter.push(chunk));
    });
  }

  static async start(handlers: Handlers = {}, port = 0): Promise<FakeBroker> {
    const broker = new FakeBroker();
    broker.handlers = handlers;
    await new Promise<void>((resolve) => broker.server.listen(port, '127.0.0.1', resolve));
    return broker;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`;
  }

  requests(apiKey: ApiKey): unknown[] {
    return this.seen.filter(({ head }) => head.apiKey === apiKey).map(({ body }) => body);
  }

  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(frame: Buffer, socket: Socket): Promise<void> {
    const head = decodeRequestHeader(frame);
    const key = head.apiKey as ApiKey;
    const body = decodeRequest(key, head.apiVersion, frame, head.bodyOffset);
    this.seen.push({ head, body });
    const handler = (this.handlers[key] ?? this.defaults[key]) as
      | ((request: unknown, head: RequestHead, socket: Socket) => Answer<ApiKey>)
      | undefined;
    if (handler === undefined) throw new Error(`the test has no handler for ${apis[key].name}`);
    const answer = await handler(body, head, socket);
    if (answer === 'drop') socket.destroy();
    else if (Buffer.isBuffer(answer)) socket.write(answer);
    else if (answer !== null) socket.write(encodeResponse(key, head.apiVersion, head.correlationId, answer as never));
  }

  readonly defaults: Handlers = {
    [ApiKey.ApiVersions]: () => ({
      errorCode: 0,
      apiKeys: Object.values(apis).map((api) => ({
        apiKey: api!.key,
        minVersion: api!.minVersion,
        maxVersion: api!.maxVersion,
      })),
    }),
    [ApiKey.Metadata]: (request) => ({
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: this.port }],
      controllerId: 1,
      topics: (request.topics ?? []).map(({ name }) => ({
        errorCode: 0,
        name,
        partitions: Array.from({ length: this.partitions }, (_, partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: 1,
          replicaNodes: [1],
          isrNodes: [1],
        })),
      })),
    }),
    [ApiKey.InitProducerId]: () => ({ errorCode: 0, producerId: 77, producerEpoch: 0 }),
  };
}
