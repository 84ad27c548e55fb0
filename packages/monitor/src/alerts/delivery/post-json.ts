import { AlertError } from '../alert-error.ts';
import { isHttpUrl } from '../config/read-receivers.ts';
import type { Secret } from '../config/receiver-config.ts';
import { readSecret } from './secret.ts';

/** The same for each attempt of one message: receivers tell repeats by it. */
export const deliveryIdHeader = 'x-headwater-delivery-id';

/**
 * Posts to an address of the configuration, and to no other: redirects are refused. Rejects with a message that does not hold the address, which often is a
 * secret itself.
 */
export async function postJson(
  target: { url: Secret; timeoutMs: number },
  body: unknown,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const url = await readSecret(target.url);
  if (!isHttpUrl(url))
    throw new AlertError(
      'HW_ALERTS_DELIVERY',
      'the address in the file is not one that starts with http:// or https://',
    );
  const { origin } = new URL(url);
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'Headwater', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(target.timeoutMs)]),
      redirect: 'manual',
    });
  } catch (cause) {
    const reason = (cause as { cause?: NodeJS.ErrnoException }).cause?.code ?? (cause as Error).name;
    throw new AlertError('HW_ALERTS_DELIVERY', `${origin} cannot be reached: ${reason}`);
  }
  // What it says is read no further than needed to use the connection again.
  await response.body?.cancel();
  if (!response.ok) throw new AlertError('HW_ALERTS_DELIVERY', `${origin} answers ${response.status}`);
}
