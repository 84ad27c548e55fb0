import { AlertError } from '../alert-error.ts';

const answerMaxBytes = 8 * 1024 * 1024;

/** The text of an answer, at most 8 MiB of it. Throws HW_ALERTS_SOURCE. */
export async function readAnswer(response: Response, what: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > answerMaxBytes)
      throw new AlertError('HW_ALERTS_SOURCE', `${what} answers more than ${answerMaxBytes} bytes: ask for less`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
