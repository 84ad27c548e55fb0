import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';

/** What a connection with TLS needs beside the URL: the system's own authority (HEADWATER_CA_FILE). */
export function redisSocket(url: string): { tls?: true; ca?: string[] } {
  if (!url.startsWith('rediss:')) return {};
  const file = process.env['HEADWATER_CA_FILE'];
  return {
    tls: true,
    ...(file === undefined || file === '' ? {} : { ca: [...getCACertificates('default'), readFileSync(file, 'utf8')] }),
  };
}
