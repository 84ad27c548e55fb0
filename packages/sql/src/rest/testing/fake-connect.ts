import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Kept {
  readonly config: Record<string, string>;
}

/** A server that speaks as much of Connect's REST API as statements ask for; connectors are kept, and run nothing. */
export class FakeConnect {
  readonly connectors = new Map<string, Kept>();
  /** Answers of these paths (`GET /connectors`) are this status, once for each entry. */
  readonly failures: { readonly call: string; readonly status: number }[] = [];
  readonly calls: string[] = [];
  /** No request is answered while it is true. */
  isSilent = false;
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (req, res) => {
      const call = `${req.method} ${req.url}`;
      this.calls.push(call);
      const body = await text(req);
      if (this.isSilent) return;
      const [status, value] = this.#answer(call, body === '' ? {} : JSON.parse(body));
      res.writeHead(status, { 'content-type': 'application/json' });
      res.end(value === undefined ? undefined : JSON.stringify(value));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  start(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  close(): Promise<unknown> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(call: string, body: Record<string, unknown>): [number, unknown] {
    const failure = this.failures.findIndex((each) => each.call === call);
    if (failure >= 0) {
      const { status } = this.failures.splice(failure, 1)[0]!;
      return [status, { error_code: status, message: 'on purpose' }];
    }
    const [method, path] = call.split(' ') as [string, string];
    const [, root, name = '', part = ''] = path.split('/').map(decodeURIComponent);
    if (root === 'connector-plugins') {
      if (method === 'GET') return [200, [{ class: 'org.example.FileSource', type: 'source', version: '1.0' }]];
      return validated(name, body as Record<string, string>);
    }
    if (name === '') {
      if (method === 'GET') return [200, [...this.connectors.keys()]];
      const wanted = body as { name: string; config: Record<string, string> };
      this.connectors.set(wanted.name, { config: wanted.config });
      return [201, info(wanted.name, wanted)];
    }
    const kept = this.connectors.get(name);
    if (kept === undefined) return [404, { error_code: 404, message: `Connector ${name} not found` }];
    if (method === 'DELETE') return this.connectors.delete(name) ? [204, undefined] : [404, {}];
    if (part === 'topics') return [200, { [name]: { topics: ['orders'] } }];
    if (part !== 'status') return [200, info(name, kept)];
    const worker = { state: 'RUNNING', worker_id: '127.0.0.1:8083' };
    return [
      200,
      {
        name,
        connector: worker,
        tasks: [
          { id: 0, ...worker },
          { id: 1, ...worker, state: 'FAILED' },
        ],
      },
    ];
  }
}

function info(name: string, { config }: Kept): unknown {
  const type = /sink/i.test(config['connector.class'] ?? '') ? 'sink' : 'source';
  return { name, config, tasks: [], type };
}

function validated(plugin: string, config: Record<string, string>): [number, unknown] {
  if (!plugin.includes('File'))
    return [400, { error_code: 400, message: `Failed to find any class that implements ${plugin}` }];
  const errors = config['topic'] === undefined ? ['Missing required configuration "topic"'] : [];
  return [200, { name: plugin, error_count: errors.length, configs: [{ value: { name: 'topic', errors } }] }];
}

async function text(req: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of req) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
