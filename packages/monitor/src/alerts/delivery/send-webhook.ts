import type { WebhookConfig } from '../config/receiver-config.ts';
import { cutMessage, type Message } from './message.ts';
import { deliveryIdHeader, postJson } from './post-json.ts';
import { readSecret } from './secret.ts';

/** Alertmanager's webhook, with a header that is the same when a message is repeated. */
export async function sendWebhook(
  config: WebhookConfig,
  message: Message,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const headers: Record<string, string> = { ...config.headers, [deliveryIdHeader]: id, 'idempotency-key': id };
  if (config.authorization !== null)
    headers['authorization'] = `${config.authorization.type} ${await readSecret(config.authorization.credentials)}`;
  await postJson(config, cutMessage(message, config.maxAlerts), headers, signal);
}
