import { type Broker, startBroker } from '@headwater/broker';
import { type Rest, type RestOptions, startRest } from '../index.ts';

export interface Answer {
  status: number;
  type: string | null;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of the answer says what it is.
  json: any;
}

/** A proxy on a broker of its own; or on the cluster that HEADWATER_TEST_KAFKA names. */
export class ProxyServer {
  readonly rest: Rest;
  readonly broker: Broker | null;
  clusterId = '';

  private constructor(rest: Rest, broker: Broker | null) {
    this.rest = rest;
    this.broker = broker;
  }

  static async start(
    options: Partial<RestOptions> & { brokerConfig?: Record<string, string | number> } = {},
  ): Promise<ProxyServer> {
    const { brokerConfig = {}, ...rest } = options;
    const real = rest.kafkaUrl ?? process.env['HEADWATER_TEST_KAFKA'];
    const broker = real === undefined ? await startBroker({ config: brokerConfig }) : null;
    const server = new ProxyServer(await startRest({ kafkaUrl: real ?? broker!.bootstrap, port: 0, ...rest }), broker);
    server.clusterId = (await server.get('/v3/clusters')).json.data[0].cluster_id;
    return server;
  }

  get url(): string {
    return this.rest.url;
  }

  /** `/v3/clusters/ID` + path. */
  v3(path: string): string {
    return `/v3/clusters/${this.clusterId}${path}`;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('GET', path, undefined, headers);
  }

  /** A body that is no text is sent as JSON; the type is application/json unless headers say another. */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const res = await fetch(this.url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await res.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = text
        .split('\r\n')
        .filter((line) => line !== '')
        .map((line) => {
          try {
            return JSON.parse(line) as unknown;
          } catch {
            return line;
          }
        });
    }
    return { status: res.status, type: res.headers.get('content-type'), headers: res.headers, text, json };
  }

  async close(): Promise<void> {
    await this.rest.close();
    await this.broker?.close();
  }
}

let topics = 0;
/** A name that no other test has, on whatever cluster. */
export function freshTopic(): string {
  return `proxy-${process.pid}-${Date.now().toString(36)}-${topics++}`;
}
