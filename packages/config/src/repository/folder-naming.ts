import type { TreeNaming } from './config-tree.ts';

/** Names as the real server's native backend gives them. `root` is absolute and ends in `/`. */
export function folderNaming(root: string): TreeNaming {
  return {
    file: (path) => `file:${root}${path}`,
    document: (path, location, index) =>
      `Config resource 'file [${root}${path}]' via location '${locationName(root, location)}' (document #${index})`,
  };
}

/** Names as the real server's git backend gives them: the repository's address stands for the place of its files. */
export function gitNaming(uri: string, root: string): TreeNaming {
  return {
    file: (path) => `${uri}/${path}`,
    document: (path, location, index) =>
      `${uri}/Config resource 'file [${root}${path}' via location '${location}' (document #${index})`,
  };
}

function locationName(root: string, location: string): string {
  return location === '' || location.endsWith('/') ? `file:${root}${location}` : location;
}
