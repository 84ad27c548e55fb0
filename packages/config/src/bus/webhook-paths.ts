import type { IncomingHttpHeaders } from 'node:http';

/**
 * The paths that a git host's push message names, as Spring's config monitor reads them: GitHub, GitLab, Gitee, Gogs by their commits;
 * Gitea, Bitbucket (which name no files) stand for `application.yml`, all; anything with `path`. Empty when it is none of these.
 */
export function webhookPaths(headers: IncomingHttpHeaders, body: unknown): string[] {
  const push = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const header = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const isPush =
    header('x-github-event') === 'push' ||
    header('x-gitlab-event') === 'Push Hook' ||
    header('x-gogs-event') === 'push' ||
    header('x-git-oschina-event') === 'Push Hook';
  const isGitea = header('x-gitea-event') === 'push';
  if (Array.isArray(push['commits'])) {
    if (isGitea) return ['application.yml'];
    const paths = isPush ? commitPaths(push['commits']) : [];
    if (paths.length > 0) return paths;
  }
  if (isBitbucket(header, push)) return ['application.yml'];
  const { path } = push;
  if (typeof path === 'string') return [path];
  return Array.isArray(path) ? path.filter((one): one is string => typeof one === 'string') : [];
}

function commitPaths(commits: readonly unknown[]): string[] {
  const paths = new Set<string>();
  for (const commit of commits) {
    for (const list of ['added', 'removed', 'modified']) {
      const names = (commit as Record<string, unknown> | null)?.[list];
      if (Array.isArray(names)) for (const name of names) if (typeof name === 'string') paths.add(name);
    }
  }
  return [...paths];
}

function isBitbucket(header: (name: string) => string | undefined, push: Record<string, unknown>): boolean {
  const event = header('x-event-key');
  if ((event === 'repo:push' || event === 'pullrequest:fulfilled') && header('x-hook-uuid')) {
    const changes = (push['push'] as Record<string, unknown> | undefined)?.['changes'];
    return Array.isArray(changes);
  }
  if (!header('x-request-id')) return false;
  return event === 'pr:merged' || (event === 'repo:refs_changed' && Array.isArray(push['changes']));
}
