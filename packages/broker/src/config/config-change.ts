import { ErrorCode } from '@headwater/protocol';
import { listItems } from '../storage/index.ts';
import { Refusal } from '../topics/topic-admin.ts';

export const alterOperation = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

export interface ConfigChange {
  name: string;
  configOperation: number;
  value: string | null;
}

/**
 * What every change has to be, whatever it is about.
 *
 * @throws Refusal
 */
export function checkChanges(changes: readonly ConfigChange[]): void {
  if (new Set(changes.map(({ name }) => name)).size < changes.length) {
    throw new Refusal(ErrorCode.INVALID_REQUEST, 'Error due to duplicate config keys');
  }
  const nulls = changes.filter(
    ({ configOperation, value }) => value === null && configOperation !== alterOperation.delete,
  );
  if (nulls.length > 0) {
    const names = nulls.map(({ name }) => name).join(', ');
    throw new Refusal(ErrorCode.INVALID_REQUEST, `Null value not supported for : ${names}`);
  }
  const unknown = changes.find(({ configOperation }) => configOperation < 0 || configOperation > 3);
  if (unknown !== undefined) {
    throw new Refusal(ErrorCode.INVALID_REQUEST, `Unknown operations type ${unknown.configOperation}`);
  }
}

/** Settings after these changes. `inherited` gives the list that items go to or leave when none is set, or refuses. */
export function applyChanges(
  settings: Readonly<Record<string, string>>,
  changes: readonly ConfigChange[],
  inherited: (change: ConfigChange) => string,
): Record<string, string> {
  const changed: Record<string, string> = { ...settings };
  for (const change of changes) {
    const { name, configOperation } = change;
    const value = change.value ?? '';
    if (configOperation === alterOperation.set) changed[name] = value;
    else if (configOperation === alterOperation.delete) delete changed[name];
    else {
      const list = inherited(change);
      const items = listItems(changed[name] ?? list);
      const given = listItems(value);
      changed[name] =
        configOperation === alterOperation.subtract
          ? items.filter((item) => !given.includes(item)).join(',')
          : [...items, ...given.filter((item) => !items.includes(item))].join(',');
    }
  }
  return changed;
}
