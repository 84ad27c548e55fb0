import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { HeadwaterError } from './headwater-error.ts';

export interface PortChoice {
  port: number;
  /** The port that was wanted, when another one had to be taken. */
  movedFrom?: number;
}

export interface PortWish {
  /** Names the part in messages. */
  name: string;
  host: string;
  port: number;
  isStrict: boolean;
  /** Ports that others will ask for: never moved onto. */
  reserved: ReadonlySet<number>;
}

const triesMax = 200;
/** Below what systems give to outgoing connections (Linux from 32768, others from 49152). */
const anyPorts = { from: 10_240, to: 32_767, triesMax: 50 } as const;

/** The wanted port if it is free, else the next free one that nobody else will want. Throws HW_PORT_TAKEN when strict. */
export async function choosePort(wish: PortWish): Promise<PortChoice> {
  if (wish.port === 0) return { port: await freePort(wish) };
  if (await isFree(wish.host, wish.port)) return { port: wish.port };
  if (wish.isStrict) {
    throw new HeadwaterError(
      'HW_PORT_TAKEN',
      `${wish.name} cannot listen on ${wish.host}:${wish.port}: another process has the port. Stop it, or choose a port in headwater.yaml, or leave --strict-ports out`,
    );
  }
  for (let port = wish.port + 1; port <= 65_535 && port <= wish.port + triesMax; port++) {
    if (!wish.reserved.has(port) && (await isFree(wish.host, port))) return { port, movedFrom: wish.port };
  }
  throw new HeadwaterError('HW_PORT_TAKEN', `${wish.name}: no free port from ${wish.port} to ${wish.port + triesMax}`);
}

/**
 * Any free port: named before the part starts, so that others can be told of it. Not one that the system chooses: it gives the same ones to outgoing
 * connections, and until the part listens some other program would have it.
 */
async function freePort({ host, reserved }: PortWish): Promise<number> {
  for (let tries = 0; tries < anyPorts.triesMax; tries++) {
    const port = randomInt(anyPorts.from, anyPorts.to + 1);
    if (!reserved.has(port) && (await isFree(host, port))) return port;
  }
  return (await probe(host, 0)) ?? 0;
}

async function isFree(host: string, port: number): Promise<boolean> {
  return (await probe(host, port)) !== undefined;
}

/** Listens for a moment: the port, or undefined when it is taken. */
function probe(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else if (error.code === 'EACCES') {
        reject(
          new HeadwaterError('HW_PORT_DENIED', `port ${port} on ${host} needs more rights: choose one above 1023`),
        );
      } else {
        reject(new HeadwaterError('HW_PORT_HOST', `cannot listen on ${host}:${port}: ${error.message}`, error));
      }
    });
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
