import { readFile } from 'node:fs/promises';
import { AlertError } from '../alert-error.ts';
import type { Secret } from '../config/receiver-config.ts';

/** A secret's text. A file is read anew, so that it can be renewed. Throws HW_ALERTS_DELIVERY, which names the file and never what is in it. */
export async function readSecret(secret: Secret): Promise<string> {
  if ('value' in secret) return secret.value;
  try {
    return (await readFile(secret.file, 'utf8')).trim();
  } catch (cause) {
    throw new AlertError(
      'HW_ALERTS_DELIVERY',
      `the secret's file ${secret.file} cannot be read: ${(cause as NodeJS.ErrnoException).code}`,
    );
  }
}
