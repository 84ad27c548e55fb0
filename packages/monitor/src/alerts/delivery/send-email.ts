import { readFile } from 'node:fs/promises';
import { AlertError } from '../alert-error.ts';
import type { EmailConfig } from '../config/receiver-config.ts';
import { formatLabels } from '../model/labels.ts';
import { type Message, oneLine, subjectOf } from './message.ts';
import { readSecret } from './secret.ts';

/**
 * One e-mail as text and HTML, over TLS from the first byte (port 465), or by STARTTLS. Its Message-ID is the same when it is repeated, so that mail programs
 * show it once.
 */
export async function sendEmail(config: EmailConfig, message: Message, id: string, signal: AbortSignal): Promise<void> {
  const { createTransport } = await import('nodemailer');
  const password = config.password === null ? '' : await readSecret(config.password);
  const { isTls } = config;
  const transport = createTransport({
    host: config.host,
    port: config.port,
    name: config.hello,
    secure: isTls,
    requireTLS: !isTls && config.requiresTls,
    // As in Alertmanager: who does not require TLS does not use it.
    ignoreTLS: !isTls && !config.requiresTls,
    ...(config.username !== '' && { auth: { user: config.username, pass: password } }),
    tls: {
      rejectUnauthorized: config.isCertificateChecked,
      ...(config.caFile !== '' && { ca: await readFile(config.caFile) }),
    },
    connectionTimeout: config.timeoutMs,
    greetingTimeout: config.timeoutMs,
    socketTimeout: config.timeoutMs,
    // Texts are never paths or addresses to read from.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const onAbort = (): void => transport.close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await transport.sendMail(emailOf(config, message, id));
  } catch (cause) {
    // What the server said may repeat what it was sent: the code says enough.
    const { code, command, responseCode } = cause as { code?: string; command?: string; responseCode?: number };
    const what = [code, command, responseCode].filter((part) => part !== undefined).join(' ');
    throw new AlertError(
      'HW_ALERTS_DELIVERY',
      `${config.host}:${config.port} does not take the e-mail: ${what || (cause as Error).name}`,
    );
  } finally {
    signal.removeEventListener('abort', onAbort);
    transport.close();
  }
}

export function emailOf(config: EmailConfig, message: Message, id: string) {
  const subject =
    config.subject === null
      ? subjectOf(message)
      : oneLine(config.subject({ labels: message.commonLabels, value: null }));
  return {
    from: { name: '', address: config.from },
    to: config.to.map((address) => ({ name: '', address })),
    subject,
    messageId: `<${id}@headwater.invalid>`,
    headers: { 'X-Headwater-Delivery-Id': id, 'Auto-Submitted': 'auto-generated' },
    text: textOf(message),
    html: htmlOf(message),
  };
}

function textOf(message: Message): string {
  const alerts = message.alerts.map(({ annotations, endsAt, labels, startsAt, status }) => {
    const times = status === 'firing' ? `since ${startsAt}` : `${startsAt} to ${endsAt}`;
    const notes = Object.entries(annotations).map(([name, value]) => `  ${name}: ${value}`);
    return [`${status.toUpperCase()} ${times}`, `  ${formatLabels(labels)}`, ...notes].join('\n');
  });
  if (message.truncatedAlerts > 0) alerts.push(`and ${message.truncatedAlerts} more`);
  return `${subjectOf(message)}\n\n${alerts.join('\n\n')}\n\n${message.externalURL}\n`;
}

function htmlOf(message: Message): string {
  const rows = message.alerts.map(({ annotations, endsAt, labels, startsAt, status }) => {
    const color = status === 'firing' ? '#b3261e' : '#1b6e3c';
    const times = status === 'firing' ? `since ${startsAt}` : `${startsAt} to ${endsAt}`;
    const notes = Object.entries(annotations).map(
      ([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`,
    );
    return `<h3 style="color:${color}">${status.toUpperCase()} ${times}</h3><p><code>${escaped(formatLabels(labels))}</code></p><dl>${notes.join('')}</dl>`;
  });
  if (message.truncatedAlerts > 0) rows.push(`<p>and ${message.truncatedAlerts} more</p>`);
  return `<!doctype html><html><body style="font-family:sans-serif"><h2>${escaped(subjectOf(message))}</h2>${rows.join('')}<p>${escaped(message.externalURL)}</p></body></html>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
