import { withoutLogin } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';

export interface TopicSchemaOptions {
  topic: string;
  /** Of the values: a JSON Schema. */
  schema: object;
  /** A schema registry; user and password may stand in it. Without one records name no schema. */
  registryUrl?: string | undefined;
  logger?: Logger;
}

const requestTimeoutMs = 3_000;
const retryMinMs = 1_000;
const retryMaxMs = 60_000;

/**
 * The JSON Schema of a topic's values, in the registry as the subject `TOPIC-value`. Values stay plain JSON, which every tool reads; the header
 * `__value_schema_id` names the schema by its guid, as Confluent's serializers write it, so that their readers find it.
 * A registry that is away is asked again in the background, and nothing waits for it.
 */
export class TopicSchema {
  readonly #options: TopicSchemaOptions;
  readonly #stopping = new AbortController();
  #headers: readonly { key: string; value: Buffer }[] = [];
  #retryMs = retryMinMs;
  #timer: NodeJS.Timeout | undefined;
  #isAsked = false;

  constructor(options: TopicSchemaOptions) {
    this.#options = options;
  }

  /** What records carry now: none until the registry has answered. The first look asks it. */
  get headers(): readonly { key: string; value: Buffer }[] {
    this.register();
    return this.#headers;
  }

  register(): void {
    if (this.#isAsked || this.#stopping.signal.aborted || this.#options.registryUrl === undefined) return;
    this.#isAsked = true;
    void this.#register(this.#options.registryUrl);
  }

  /** May be called twice. */
  close(): void {
    this.#stopping.abort();
    clearTimeout(this.#timer);
  }

  async #register(registryUrl: string): Promise<void> {
    const { logger = silentLogger, schema, topic } = this.#options;
    try {
      const guid = await this.#ask(registryUrl, `${topic}-value`, JSON.stringify(schema));
      if (guid === undefined) return;
      const value = Buffer.concat([Buffer.of(1), Buffer.from(guid.replaceAll('-', ''), 'hex')]);
      this.#headers = [{ key: '__value_schema_id', value }];
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      if (this.#retryMs === retryMinMs)
        logger.debug({ topic, reason: (error as Error).message }, 'the schema is not registered yet: trying again');
      this.#timer = setTimeout(() => void this.#register(registryUrl), this.#retryMs);
      this.#timer.unref();
      this.#retryMs = Math.min(this.#retryMs * 2, retryMaxMs);
    }
  }

  /** @returns the guid; undefined from a registry that has none, or that refuses the schema: then records go without */
  async #ask(registryUrl: string, subject: string, schema: string): Promise<string | undefined> {
    const { headers, url } = withoutLogin(registryUrl);
    const answer = await fetch(`${url.replace(/\/+$/, '')}/subjects/${encodeURIComponent(subject)}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json', ...headers },
      body: JSON.stringify({ schemaType: 'JSON', schema }),
      signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(requestTimeoutMs)]),
    });
    const body = (await answer.json()) as { guid?: unknown; message?: unknown };
    if (answer.ok) return typeof body.guid === 'string' && /^[0-9a-f-]{36}$/i.test(body.guid) ? body.guid : undefined;
    if (answer.status >= 500) throw new Error(`the registry answered ${answer.status}`);
    const { logger = silentLogger, topic } = this.#options;
    const reason = String(body.message ?? answer.status).slice(0, 500);
    logger.warn({ topic, subject, reason }, 'the registry refuses the schema: records go without its id');
    return undefined;
  }
}
