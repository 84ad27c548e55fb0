export const v2MediaType = 'application/vnd.spring-cloud.config-server.v2+json';

/** The first of the served types that the caller likes best; undefined when it takes none. */
export function chooseMediaType(accept: string | undefined, served: readonly string[]): string | undefined {
  if (accept === undefined || accept.trim() === '') return served[0];
  let best: { type: string; quality: number; detail: number } | undefined;
  for (const part of accept.split(',').slice(0, 50)) {
    const [range = '', ...parameters] = part.trim().toLowerCase().split(';');
    const quality = Number(parameters.map((one) => /^\s*q\s*=\s*([\d.]+)/.exec(one)?.[1]).find((one) => one) ?? '1');
    const name = range.trim();
    const type = served.find(
      (one) => name === '*/*' || name === one || (name.endsWith('/*') && one.startsWith(name.slice(0, -1))),
    );
    if (type === undefined || !(quality > 0)) continue;
    const detail = name === '*/*' ? 0 : name.endsWith('/*') ? 1 : 2;
    if (best === undefined || quality > best.quality || (quality === best.quality && detail > best.detail)) {
      best = { type, quality, detail };
    }
  }
  return best?.type;
}
