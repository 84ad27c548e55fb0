import { BrokerError } from '../broker-error.ts';

export interface Endpoint {
  host: string;
  port: number;
}

/**
 * The endpoint in `advertised.listeners`, null when it is empty. One listener, plaintext: there is no other yet.
 *
 * @throws BrokerError HW_BROKER_CONFIG
 */
export function parseAdvertisedListeners(text: string): Endpoint | null {
  if (text === '') return null;
  const match = /^PLAINTEXT:\/\/(?:\[([^\]]+)\]|([^:/,[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) {
    const message = `advertised.listeners is "${text}"; it must be one listener such as PLAINTEXT://kafka.example:9092.`;
    throw new BrokerError('HW_BROKER_CONFIG', message);
  }
  return { host: match[1] ?? match[2]!, port };
}
