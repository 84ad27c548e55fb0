import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Why git's own HTTP back end cannot be used here, or false. */
export const skipGitHttp: string | false =
  spawnSync('git', ['http-backend'], { env: { ...process.env, REQUEST_METHOD: 'NONE' } }).error === undefined &&
  spawnSync('git', ['--exec-path']).status === 0
    ? false
    : 'git is not installed';

export interface GitHttpServer {
  url: string;
  requests: number;
  close(): Promise<void>;
}

/** Serves the repositories below a folder by `git http-backend`; with a password if one is given. */
export async function startGitHttp(root: string, login?: string): Promise<GitHttpServer> {
  const result = { url: '', requests: 0, close: async () => {} };
  const server = createServer((req, res) => {
    result.requests += 1;
    if (login !== undefined && req.headers.authorization !== `Basic ${Buffer.from(login).toString('base64')}`) {
      res.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    const url = new URL(req.url ?? '/', 'http://localhost');
    const backend = spawn('git', ['http-backend'], {
      env: {
        ...process.env,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: req.method,
        CONTENT_TYPE: req.headers['content-type'] ?? '',
        GIT_PROTOCOL: String(req.headers['git-protocol'] ?? ''),
        HTTP_CONTENT_ENCODING: String(req.headers['content-encoding'] ?? ''),
      },
    });
    req.pipe(backend.stdin);
    backend.stdin.on('error', () => {});
    const chunks: Buffer[] = [];
    backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    backend.once('close', () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf('\r\n\r\n');
      const head = all.subarray(0, end).toString('latin1');
      const headers: Record<string, string> = {};
      for (const line of head.split('\r\n'))
        headers[line.slice(0, line.indexOf(':')).toLowerCase()] = line.slice(line.indexOf(':') + 2);
      const status = Number(headers['status']?.slice(0, 3) ?? 200);
      delete headers['status'];
      res.writeHead(status, headers).end(all.subarray(end + 4));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  result.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  result.close = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return result;
}
