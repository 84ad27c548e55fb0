import type { HttpContext } from '@headwater/http';
import { RegistryError } from '../registry-error.ts';

const served = [
  'application/vnd.schemaregistry.v1+json',
  'application/vnd.schemaregistry+json',
  'application/json',
] as const;
/** Old clients send their JSON so; who says nothing says this. */
const taken: readonly string[] = [...served, 'application/octet-stream'];

export const mediaTypes = {
  preferred: served[0],

  /** The one that the client likes best; undefined when it takes none of them. */
  answerTo(ctx: HttpContext): string | undefined {
    const { accept } = ctx.req.headers;
    if (accept === undefined || accept.trim() === '') return served[0];
    let best: { type: string; quality: number } | undefined;
    for (const range of accept.split(',').map(parseRange)) {
      const type = served.find((each) => isInRange(each, range.type));
      if (type === undefined || range.quality <= 0) continue;
      if (best === undefined || range.quality > best.quality) best = { type, quality: range.quality };
    }
    return best?.type;
  },

  /** @throws RegistryError 406, 415 */
  check(ctx: HttpContext): void {
    if (mediaTypes.answerTo(ctx) === undefined) throw new RegistryError(406, 'HTTP 406 Not Acceptable');
    const type = ctx.req.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
    const hasBody = ctx.method === 'POST' || ctx.method === 'PUT';
    if (hasBody && type !== '' && !taken.includes(type))
      throw new RegistryError(415, 'HTTP 415 Unsupported Media Type');
  },
};

function parseRange(text: string): { type: string; quality: number } {
  const [type = '', ...parameters] = text.trim().toLowerCase().split(';');
  const quality = parameters.map((each) => /^\s*q\s*=\s*([\d.]+)/.exec(each)?.[1]).find((each) => each !== undefined);
  return { type: type.trim(), quality: quality === undefined ? 1 : Number(quality) };
}

function isInRange(type: string, range: string): boolean {
  return range === type || range === '*/*' || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)));
}
