import type { Call } from '../stages/call.ts';

function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address);
}

/**
 * Whether a request was made on this machine. One that another proxy here passes on from elsewhere was not: what the proxy adds gives it away.
 */
export function isFromHere(call: Call): boolean {
  if (!isLoopbackAddress(call.clientAddress)) return false;
  const { headers } = call.req;
  if (headers['forwarded'] !== undefined) return false;
  const forwarded = headers['x-forwarded-for'] ?? headers['x-real-ip'];
  if (forwarded === undefined) return true;
  return String(forwarded)
    .split(',')
    .every((address) => isLoopbackAddress(address.trim()));
}
