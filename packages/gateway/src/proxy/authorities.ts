import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';

/** The authorities that upstreams by https are believed by: Node's, and those of the file that HEADWATER_CA_FILE names (PEM). */
export function authorities(): string[] | undefined {
  const file = process.env['HEADWATER_CA_FILE'];
  return file === undefined || file === '' ? undefined : [...getCACertificates('default'), readFileSync(file, 'utf8')];
}
