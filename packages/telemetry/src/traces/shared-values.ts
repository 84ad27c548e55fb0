import type { Endpoint, Span } from '../spans/span.ts';

/** So many values of one tag are shared; a tag that has more of them is not worth it: an offset, say. */
const valuesMax = 256;
const tagsMax = 1_000;
const valueLengthMax = 256;

/**
 * Spans say the same again and again: who, what, where. What one says that another has said becomes the same text in memory, which halves what a
 * span costs. Bounded: what is not shared any more stays as it came.
 */
export class SharedValues {
  /** Tag (or field) → its values; null: it has too many. */
  readonly #values = new Map<string, Map<string, string> | null>();
  readonly #endpoints = new Map<string, Endpoint>();

  /** Changes the span that is given. */
  share(span: Span): void {
    if (span.name !== undefined) span.name = this.#shared('', span.name);
    if (span.localEndpoint !== undefined) span.localEndpoint = this.#endpoint(span.localEndpoint);
    if (span.remoteEndpoint !== undefined) span.remoteEndpoint = this.#endpoint(span.remoteEndpoint);
    const { tags } = span;
    if (tags !== undefined) for (const key in tags) tags[key] = this.#shared(key, tags[key]!);
  }

  #shared(key: string, value: string): string {
    if (value.length > valueLengthMax) return value;
    let values = this.#values.get(key);
    if (values === undefined) {
      if (this.#values.size >= tagsMax) return value;
      values = new Map();
      this.#values.set(key, values);
    }
    if (values === null) return value;
    const known = values.get(value);
    if (known !== undefined) return known;
    if (values.size >= valuesMax) this.#values.set(key, null);
    else values.set(value, value);
    return value;
  }

  #endpoint(endpoint: Endpoint): Endpoint {
    const { serviceName = '', ipv4 = '', ipv6 = '', port = '' } = endpoint;
    const key = `${serviceName} ${ipv4} ${ipv6} ${port}`;
    const known = this.#endpoints.get(key);
    if (known !== undefined) return known;
    if (this.#endpoints.size < valuesMax && key.length <= valueLengthMax) this.#endpoints.set(key, endpoint);
    return endpoint;
  }
}
