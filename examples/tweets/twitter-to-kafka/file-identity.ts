import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';

const firstBytes = 4_096;

/** A name for a file that stays when it is moved or appended to: its base name and a hash of its first line. */
export async function fileIdentity(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(firstBytes), 0, firstBytes, 0);
    const end = buffer.subarray(0, bytesRead).indexOf(0x0a);
    const firstLine = buffer.subarray(0, end === -1 ? bytesRead : end);
    return `${basename(path)}@${createHash('sha256').update(firstLine).digest('hex').slice(0, 12)}`;
  } finally {
    await file.close();
  }
}
