import type { ConfigRepository } from '../repository/config-tree.ts';
import type { GitRepository } from '../repository/git.ts';
import { isPropertyFile } from '../watch/file-changes.ts';
import { ownerOf } from './change-records.ts';

export interface Catalogue {
  repository: { kind: 'folder' | 'git'; address: string; defaultLabel: string; version: string | null };
  /** Applications with files of their own, or that have asked; with the profiles that there are files for. */
  applications: { name: string; profiles: string[] }[];
  /** Branches and tags. */
  labels: string[];
}

/** What can be asked for, by the names of the files: pages offer it, clients need not. */
export async function catalogue(repository: ConfigRepository, asked: ReadonlySet<string>): Promise<Catalogue> {
  const tree = await repository.tree(null);
  const paths = (await tree.files()).filter(isPropertyFile);
  const stems = new Set(paths.map((path) => path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '')));
  // A name that has a plain file is an application, so that "my-app-dev" is its profile "dev".
  const known = new Set(
    [...asked, ...[...stems].filter((stem) => stem !== 'application')].filter((name) => !isProfileOfOther(name, stems)),
  );
  const applications = new Map<string, Set<string>>([['application', new Set()]]);
  for (const name of asked) applications.set(name, new Set());
  for (const path of paths) {
    const { application, profile } = ownerOf(path, known);
    const profiles = applications.get(application) ?? new Set();
    applications.set(application, profiles);
    if (profile !== null) profiles.add(profile);
  }
  return {
    repository: {
      kind: repository.kind,
      address: repository.address,
      defaultLabel: repository.defaultLabel,
      version: tree.version,
    },
    applications: [...applications]
      .map(([name, profiles]) => ({ name, profiles: [...profiles].sort() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    labels: repository.kind === 'git' ? (repository as GitRepository).refs.labels() : [],
  };
}

function isProfileOfOther(stem: string, stems: ReadonlySet<string>): boolean {
  for (let dash = stem.lastIndexOf('-'); dash > 0; dash = stem.lastIndexOf('-', dash - 1)) {
    if (stems.has(stem.slice(0, dash))) return true;
  }
  return stem.startsWith('application-');
}
