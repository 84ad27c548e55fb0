import type { RegisteredSchema } from './records.ts';

interface Holder {
  subject: string;
  version: number;
}

/** Who has which id in one context. */
export class ContextIds {
  readonly #holders = new Map<number, Map<string, Holder>>();
  readonly #byContent = new Map<string, number>();
  /** Greatest id that was ever given out, as far as the log tells. */
  lastId = 0;

  add({ guid, id, schemaType, subject, version }: RegisteredSchema): void {
    this.lastId = Math.max(this.lastId, id);
    this.#byContent.set(`${schemaType}:${guid}`, id);
    let holders = this.#holders.get(id);
    if (holders === undefined) {
      holders = new Map();
      this.#holders.set(id, holders);
    }
    holders.set(`${version}:${subject}`, { subject, version });
  }

  remove({ guid, id, schemaType, subject, version }: RegisteredSchema): void {
    const holders = this.#holders.get(id);
    if (holders === undefined) return;
    holders.delete(`${version}:${subject}`);
    if (holders.size > 0) return;
    this.#holders.delete(id);
    if (this.#byContent.get(`${schemaType}:${guid}`) === id) this.#byContent.delete(`${schemaType}:${guid}`);
  }

  /** The first registered first. */
  holders(id: number): Iterable<Holder> {
    return this.#holders.get(id)?.values() ?? [];
  }

  idOf(guid: string, schemaType: string): number | undefined {
    return this.#byContent.get(`${schemaType}:${guid}`);
  }
}
