import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '@headwater/logger';
import { BrokerError } from '../broker-error.ts';
import type { Endpoint, Listener } from '../config/listeners.ts';
import type { TlsAcceptor } from './tls-acceptor.ts';

/** One port: accepts sockets, and hands them on as they are. */
export class KafkaListener {
  readonly listener: Listener;
  /** Set before it listens; null on a listener without TLS. */
  tls: TlsAcceptor | null = null;
  /** Where it listens, once it does. */
  bound: Endpoint = { host: '', port: 0 };
  readonly #server: Server;
  readonly #logger: Logger;
  #isListening = false;

  constructor(listener: Listener, logger: Logger, onSocket: (listener: KafkaListener, socket: Socket) => void) {
    this.listener = listener;
    this.#logger = logger;
    this.#server = createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true }, (socket) =>
      onSocket(this, socket),
    );
  }

  /** @throws BrokerError HW_BROKER_LISTEN */
  async listen(): Promise<void> {
    const { host, name, port } = this.listener;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
      this.#server.listen({ host, port, backlog: 511 }, resolve);
    });
    this.#isListening = true;
    this.#server.removeAllListeners('error');
    this.#server.on('error', (error) => this.#logger.error({ error, listener: name }, 'a Kafka listener failed'));
    const address = this.#server.address() as { address: string; port: number };
    this.bound = { host: address.address, port: address.port };
  }

  /** Accepts nothing more; resolves when all of its connections are closed. */
  close(): Promise<void> {
    if (!this.#isListening) return Promise.resolve();
    this.#isListening = false;
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): BrokerError {
  const message =
    error.code === 'EADDRINUSE'
      ? `Port ${port} on ${host} is in use. Stop what listens there, or choose another port (0 takes any free one).`
      : `Cannot listen on ${host}:${port}: ${error.message}`;
  return new BrokerError('HW_BROKER_LISTEN', message, { cause: error });
}
