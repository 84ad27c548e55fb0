interface LocationRequest {
  application: string;
  profiles: string;
  label: string | null;
}

/** A folder's search locations: those configured with their placeholders filled in, then the label's folder in each. */
export function folderLocations(searchPaths: readonly string[], request: LocationRequest): string[] {
  const result = new Set<string>();
  const paths = searchPaths.length === 0 ? [''] : searchPaths;
  for (const path of paths) {
    for (const value of filled(path, request)) if (!value.includes('{')) result.add(directory(value));
  }
  const labels = (request.label ?? '')
    .split(',')
    .filter((label) => label.trim() !== '')
    .reverse();
  for (const path of paths) {
    if (path.includes('{')) continue;
    for (const label of labels) result.add(directory(directory(path) + label));
  }
  return [...result].filter(isInside);
}

/** Patterns of a git repository's search paths, the root first. */
export function gitLocationPatterns(searchPaths: readonly string[], request: LocationRequest): string[] {
  const result = new Set<string>(['']);
  for (const path of searchPaths) for (const value of filled(path, request)) result.add(directory(value));
  return [...result].filter(isInside);
}

function filled(path: string, { application, profiles, label }: LocationRequest): string[] {
  return profiles.split(',').flatMap((profile) =>
    application.split(',').map((name) => {
      const value = path.replaceAll('{application}', name).replaceAll('{profile}', profile);
      return label === null ? value : value.replaceAll('{label}', label);
    }),
  );
}

function directory(path: string): string {
  const clean = path.replace(/^(?:file:)?(?:\.?\/)+/, '').replace(/\/{2,}/g, '/');
  return clean === '' || clean.endsWith('/') ? clean : `${clean}/`;
}

function isInside(path: string): boolean {
  return !path.split('/').includes('..') && !path.includes('\0');
}
