import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { HttpSecurity } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import type { LogIntake } from '../log-intake.ts';
import type { LogBatch } from '../log-writer.ts';
import { serveLines } from '../serve-lines.ts';
import { readSyslog } from './read-syslog.ts';
import { SyslogFraming } from './syslog-framing.ts';

export interface SyslogOptions {
  host: string;
  /** Of TCP and of UDP; 0 lets the system choose. */
  port: number;
  /** With TLS there is no UDP, which would let everybody write. */
  security: HttpSecurity;
  connectionsMax: number;
  intake: LogIntake;
  logger: Logger;
}

const source = 'syslog';
const triesMax = 10;
const udpBatchMax = 500;
const udpReceiveBytes = 4 * 1024 * 1024;

/** Takes syslog over UDP and TCP. UDP has no way to wait: what comes while the queue is full is dropped, and counted. */
export class SyslogListener {
  port = 0;
  readonly connections = new Set<Socket>();
  readonly #options: SyslogOptions;
  #tcp: Server | undefined;
  #udp: UdpSocket | undefined;
  #datagrams: string[] = [];
  #isScheduled = false;

  constructor(options: SyslogOptions) {
    this.#options = options;
  }

  /** Rejects when the port is taken. */
  async listen(): Promise<void> {
    const { host, port, security } = this.#options;
    for (let tries = 1; ; tries++) {
      this.port = await this.#listenTcp(host, port);
      if (security.tls !== undefined) return;
      try {
        await this.#listenUdp(host, this.port);
        return;
      } catch (error) {
        await new Promise((resolve) => this.#tcp!.close(resolve));
        // The system chose one that is free for TCP only.
        if (port !== 0 || tries === triesMax) throw error;
      }
    }
  }

  /** May be called twice. */
  async close(): Promise<void> {
    const { tcp, udp } = { tcp: this.#tcp, udp: this.#udp };
    this.#tcp = undefined;
    this.#udp = undefined;
    this.#flush();
    const closed = tcp === undefined ? undefined : new Promise((resolve) => tcp.close(resolve));
    for (const socket of this.connections) socket.destroy();
    if (udp !== undefined) await new Promise<void>((resolve) => udp.close(() => resolve()));
    await closed;
  }

  async #listenTcp(host: string, port: number): Promise<number> {
    const { tls } = this.#options.security;
    const accept = (socket: Socket): void => this.#accept(socket);
    const server =
      tls === undefined
        ? createServer(accept)
        : createTlsServer(
            {
              cert: tls.certificate,
              key: tls.key,
              minVersion: 'TLSv1.2',
              ...(tls.clientCa !== undefined && { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }),
            },
            accept,
          );
    server.maxConnections = this.#options.connectionsMax;
    server.listen(port, host);
    await once(server, 'listening');
    server.on('error', () => {});
    this.#tcp = server;
    return (server.address() as { port: number }).port;
  }

  async #listenUdp(host: string, port: number): Promise<void> {
    const udp = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: udpReceiveBytes });
    udp.bind(port, host);
    await once(udp, 'listening');
    udp.on('error', () => {});
    udp.on('message', (message, { address }) => this.#take(message, address));
    this.#udp = udp;
  }

  #accept(socket: Socket): void {
    const { intake, security } = this.#options;
    socket.on('error', () => {});
    if (security.authenticate !== undefined && !(socket as TLSSocket).authorized) {
      socket.destroy();
      return;
    }
    this.connections.add(socket);
    socket.once('close', () => this.connections.delete(socket));
    serveLines(socket, {
      intake,
      source,
      framing: new SyslogFraming(intake.lineBytesMax),
      decode: (messages, host) => this.#batch(messages, host),
    });
  }

  #take(message: Buffer, host: string): void {
    const { counters, writer } = this.#options.intake;
    if (writer.isFull) {
      counters.of(source).received += 1;
      counters.drop(source, 'queue-full');
      return;
    }
    // Python's handler ends a message with a zero byte.
    const text = message.toString('utf8').replace(/[\0\r\n]+$/, '');
    if (text === '') return;
    this.#datagrams.push(host, text);
    if (this.#datagrams.length >= 2 * udpBatchMax) this.#flush();
    else if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => this.#flush());
    }
  }

  /** Datagrams that came in one turn go together. */
  #flush(): void {
    this.#isScheduled = false;
    const datagrams = this.#datagrams;
    if (datagrams.length === 0) return;
    this.#datagrams = [];
    const { intake } = this.#options;
    const records = [];
    for (let i = 0; i < datagrams.length; i += 2) {
      const origin = { source, receivedMs: Date.now(), service: intake.service, host: datagrams[i]! } as const;
      records.push(intake.count(readSyslog(datagrams[i + 1]!, origin), origin).record);
    }
    intake.writer.write(intake.writer.batch(source, records)).catch(() => {});
  }

  #batch(messages: readonly { text: string; isCut: boolean }[], host: string | undefined): LogBatch {
    const { intake } = this.#options;
    const receivedMs = Date.now();
    const records = messages.map(({ isCut, text }) => {
      const origin = { source, receivedMs, service: intake.service, ...(host !== undefined && { host }) } as const;
      return intake.count(readSyslog(text, origin), origin, isCut).record;
    });
    return intake.writer.batch(source, records);
  }
}
