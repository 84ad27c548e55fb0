import { applications, labels, profileLists } from './random-repository.ts';

export interface Difference {
  path: string;
  peer: string;
  ours: string;
}

/** Paths that ask a server for everything that a repository of ours can be asked. */
export function requestPaths(): string[] {
  const paths: string[] = [];
  for (const application of applications) {
    for (const profiles of profileLists) {
      for (const label of labels) {
        const tail = label === null ? '' : `/${label}`;
        paths.push(`/${application}/${profiles}${tail}`, `v2:/${application}/${profiles}${tail}`);
        const head = label === null ? '' : `/${label}`;
        for (const format of ['yml', 'properties', 'json']) paths.push(`${head}/${application}-${profiles}.${format}`);
        paths.push(`${head}/${application}-${profiles}.yaml?resolvePlaceholders=false`);
      }
      paths.push(`/${application}/${profiles}/main/plain.txt`, `/${application}/${profiles}/plain.txt?useDefaultLabel`);
    }
  }
  return paths;
}

/** Asks both servers for a path; undefined when they answer alike. `rename` undoes what the test makes differ. */
export async function compare(
  path: string,
  peer: string,
  ours: string,
  rename: (text: string) => string = (text) => text,
): Promise<Difference | undefined> {
  const [theirs, own] = await Promise.all([answer(peer, path), answer(ours, path)]);
  const renamed = rename(own);
  return theirs === renamed ? undefined : { path, peer: theirs, ours: renamed };
}

async function answer(url: string, path: string): Promise<string> {
  const isV2 = path.startsWith('v2:');
  const accept = isV2 ? 'application/vnd.spring-cloud.config-server.v2+json, application/json' : '*/*';
  const response = await fetch(url + (isV2 ? path.slice(3) : path), { headers: { accept } });
  const text = await response.text();
  // Of errors the time differs, and what ours says more.
  const body = response.ok ? text : text.replace(/^\{"timestamp":"[^"]*",?/, '{').replace(/,"code":"HW_.*\}$/s, '}');
  return `${response.status} ${response.headers.get('content-type') ?? ''}\n${body}`;
}
