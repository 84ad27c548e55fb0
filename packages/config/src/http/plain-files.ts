import type { HttpContext } from '@headwater/http';
import { lookupIn } from '../render/formats.ts';
import { resolvePlaceholders } from '../resolve/placeholders.ts';
import type { ConfigService, EnvironmentRequest } from '../service/config-service.ts';
import { chooseMediaType } from './accept.ts';

/** Sends a file of the repository: as text with placeholders filled in, or its bytes for `Accept: application/octet-stream`. */
export async function sendPlainFile(
  ctx: HttpContext,
  service: ConfigService,
  request: EnvironmentRequest,
  path: string,
  isResolved: boolean,
): Promise<void> {
  const { tree, locations } = await service.place(request);
  for (const location of locations) {
    for (const name of profilePaths(request.profiles, path)) {
      const bytes = await tree.read(location + name);
      if (bytes === undefined) continue;
      const modifiedAtMs = await tree.modifiedAtMs(location + name);
      if (modifiedAtMs !== undefined) {
        ctx.res.setHeader('last-modified', new Date(modifiedAtMs).toUTCString());
        const since = Date.parse(ctx.req.headers['if-modified-since'] ?? '');
        if (since >= Math.floor(modifiedAtMs / 1000) * 1000) return ctx.send(304);
      }
      // Bytes only when they are asked for: any other wish gets the text.
      if (
        chooseMediaType(ctx.req.headers.accept, ['text/plain', 'application/octet-stream']) ===
        'application/octet-stream'
      ) {
        return ctx.send(200, bytes, { 'content-type': 'application/octet-stream' });
      }
      const text = bytes.toString('utf8');
      const environment = await service.environment(request);
      const shown = isResolved ? resolvePlaceholders(text, lookupIn(environment)) : text;
      return ctx.send(200, shown, { 'content-type': 'text/plain;charset=UTF-8' });
    }
  }
  ctx.send(404);
}

/** `app.conf` for profile `dev` is `app-dev.conf` first, then itself. */
function profilePaths(profiles: string, path: string): Set<string> {
  const paths = new Set<string>();
  const slash = path.lastIndexOf('/');
  const dot = path.lastIndexOf('.');
  const stem = dot > slash ? path.slice(0, dot) : path;
  const extension = dot > slash ? path.slice(dot) : '';
  for (const profile of new Set(profiles.split(','))) {
    paths.add(profile.trim() === '' || profile === 'default' ? path : `${stem}-${profile}${extension}`);
  }
  return paths.add(path);
}
