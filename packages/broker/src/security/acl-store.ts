import type { LogStore } from '../storage/index.ts';
import { type Acl, aclText, parseAcl } from './acl.ts';
import { AclIndex } from './acl-index.ts';

const keyPrefix = 'acl/';

/** The rules: durable, one value of the store each, and indexed. A change is on the disk after `store.flushMetadata()`. */
export class AclStore {
  readonly index = new AclIndex();
  readonly #values: LogStore['values'];

  constructor(values: LogStore['values']) {
    this.#values = values;
    for (const [key] of values.entries(keyPrefix)) this.index.add(parseAcl(key.slice(keyPrefix.length)));
  }

  /** Gives false when there is such a rule already. @throws StorageError KAFKA_STORAGE_ERROR, with nothing changed */
  add(acl: Acl): boolean {
    if (this.index.has(acl)) return false;
    this.#values.set(keyPrefix + aclText(acl), '');
    this.index.add(acl);
    return true;
  }

  /** @throws StorageError KAFKA_STORAGE_ERROR, with nothing changed */
  delete(acl: Acl): void {
    this.#values.set(keyPrefix + aclText(acl), undefined);
    this.index.delete(acl);
  }
}
