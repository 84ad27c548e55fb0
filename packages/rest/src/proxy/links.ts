import type { HttpContext } from '@headwater/http';

/** Makes the addresses and names that v3 answers are full of. */
export class Links {
  readonly #base: string;

  /** `ctx` is the request: links lead back by the way it came. */
  constructor(ctx: HttpContext) {
    const prefix = ctx.path.startsWith('/kafka/') ? '/kafka' : '';
    this.#base = `${baseUrl(ctx)}${prefix}/v3/clusters`;
  }

  /** `/v3/clusters/…` with the segments given. */
  url(...segments: (string | number)[]): string {
    return [this.#base, ...segments.map((segment) => encodeURIComponent(segment))].join('/');
  }

  related(...segments: (string | number)[]): { related: string } {
    return { related: this.url(...segments) };
  }

  /** The metadata of a list. */
  list(...segments: (string | number)[]): { self: string; next: null } {
    return { self: this.url(...segments), next: null };
  }
}

/** `http://host:port` as the caller wrote it. */
export function baseUrl(ctx: HttpContext): string {
  const { headers, socket } = ctx.req;
  return `http://${headers.host ?? `${socket.localAddress}:${socket.localPort}`}`;
}

/** A name such as `crn:///kafka=CLUSTER/topic=orders`: pairs of kind and id; a last kind may stand alone. */
export function resourceName(...parts: (string | number)[]): string {
  let name = 'crn://';
  for (let index = 0; index < parts.length; index += 2) {
    name += `/${parts[index]}${index + 1 < parts.length ? `=${parts[index + 1]}` : ''}`;
  }
  return name;
}
