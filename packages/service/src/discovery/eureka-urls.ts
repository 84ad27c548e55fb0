import { ServiceError } from '../service-error.ts';

/**
 * The base addresses of Eureka servers: several with commas, tried in turn. An address without a path gets Spring's `/eureka`; one that has
 * a path is taken as it is.
 */
export function eurekaUrls(url: string | readonly string[]): string[] {
  const given = (typeof url === 'string' ? url.split(',') : url)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (given.length === 0)
    throw new ServiceError(
      'HW_SERVICE_OPTION',
      'the address of discovery is empty: give one such as http://127.0.0.1:8761',
    );
  return given.map((entry) => {
    if (!URL.canParse(entry) || !/^https?:$/.test(new URL(entry).protocol)) {
      throw new ServiceError(
        'HW_SERVICE_OPTION',
        `"${entry}" is no address of discovery: give one such as http://127.0.0.1:8761`,
      );
    }
    const parsed = new URL(entry);
    const path = parsed.pathname.replace(/\/+$/, '');
    parsed.pathname = path === '' ? '/eureka' : path;
    parsed.search = '';
    parsed.hash = '';
    return String(parsed);
  });
}
