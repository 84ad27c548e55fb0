import { guessApplications } from '../bus/destinations.ts';
import type { OutletRecord } from '../bus/event-outlet.ts';
import type { RepositoryChange } from '../watch/repository-watch.ts';

const maxKeys = 1_000;

/**
 * The records of a change on the topic `headwater-config-changes`: one for each application that has a file in it (`application` for all of
 * them), keys without values.
 */
export function changeRecords(change: RepositoryChange, known: ReadonlySet<string>): OutletRecord[] {
  const files = new Map<string, { application: string; profile: string | null; changes: object[]; paths: string[] }>();
  for (const { path, keys, kind } of change.files) {
    const { application, profile } = ownerOf(path, known);
    const id = `${application}\0${profile ?? ''}`;
    const owner = files.get(id) ?? { application, profile, changes: [], paths: [] };
    files.set(id, owner);
    owner.paths.push(path);
    for (const one of keys ?? []) if (owner.changes.length < maxKeys) owner.changes.push(one);
    if (keys === undefined && owner.changes.length < maxKeys) owner.changes.push({ key: path, kind, isFile: true });
  }
  const { timestampMs, label, version, author, message } = change;
  return [...files.values()].map(({ application, profile, changes, paths }) => ({
    topic: 'headwater-config-changes',
    key: application,
    value: JSON.stringify({
      timestampMs,
      application,
      profile,
      label,
      version,
      author,
      message,
      files: paths,
      changes,
    }),
  }));
}

/** Whose file it is: `orders-dev.yml` is of `orders`, profile `dev`, unless an application `orders-dev` is known. */
export function ownerOf(path: string, known: ReadonlySet<string>): { application: string; profile: string | null } {
  const stem = path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
  const guesses = guessApplications(path);
  const found = guesses.find((name) => known.has(name)) ?? (guesses.includes('*') ? '*' : undefined);
  const application = found === '*' ? 'application' : (found ?? guesses.at(-1) ?? stem);
  const rest = stem.slice(application.length + 1);
  return { application, profile: rest === '' ? null : rest };
}
