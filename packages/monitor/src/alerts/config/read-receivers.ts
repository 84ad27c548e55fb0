import { compileTemplate } from '../model/template.ts';
import type { HttpAuthorization, IntegrationConfig, Receiver, Secret } from './receiver-config.ts';
import type { YamlValue } from './yaml-reader.ts';

/** What receivers have where they do not say otherwise. */
export interface GlobalConfig {
  readonly resolveTimeoutMs: number;
  readonly smtp: {
    readonly from: string;
    readonly smarthost: string;
    readonly hello: string;
    readonly username: string;
    readonly requiresTls: boolean;
  };
  readonly smtpPassword: Secret | null;
  readonly slackUrl: Secret | null;
}

const timeoutMs = 10_000;
const minuteMs = 60_000;
const addressPattern = /^[^\s<>@,;"]+@[^\s<>@,;"]+$/;

export function readGlobal(value: YamlValue): GlobalConfig {
  const map = value.map([
    'resolve_timeout',
    'smtp_from',
    'smtp_smarthost',
    'smtp_hello',
    'smtp_auth_username',
    'smtp_auth_password',
    'smtp_auth_password_file',
    'smtp_require_tls',
    'slack_api_url',
    'slack_api_url_file',
  ]);
  return {
    resolveTimeoutMs: map.resolve_timeout.durationMs(5 * minuteMs),
    smtp: {
      from: map.smtp_from.text(),
      smarthost: map.smtp_smarthost.text(),
      hello: map.smtp_hello.text('localhost'),
      username: map.smtp_auth_username.text(),
      requiresTls: map.smtp_require_tls.boolean(true),
    },
    smtpPassword: secret(map.smtp_auth_password, map.smtp_auth_password_file),
    slackUrl: secretUrl(map.slack_api_url, map.slack_api_url_file),
  };
}

export function readReceiver(value: YamlValue, global: GlobalConfig): Receiver {
  const map = value.map([
    'name',
    'webhook_configs',
    'email_configs',
    'slack_configs',
    'console_configs',
    'topic_configs',
  ]);
  if (map.name.text() === '') value.need('name');
  return {
    name: map.name.text(),
    integrations: [
      ...map.webhook_configs.list().map(readWebhook),
      ...map.email_configs.list().map((item) => readEmail(item, global)),
      ...map.slack_configs.list().map((item) => readSlack(item, global)),
      ...map.console_configs.list().map((item): IntegrationConfig => {
        const { send_resolved } = item.map(['send_resolved']);
        return { kind: 'console', sendsResolved: send_resolved.boolean(true) };
      }),
      ...map.topic_configs.list().map((item): IntegrationConfig => {
        const { send_resolved, topic } = item.map(['topic', 'send_resolved']);
        if (!/^[a-zA-Z0-9._-]{1,249}$/.test(topic.text())) topic.fail('is to be the name of a topic');
        return { kind: 'topic', topic: topic.text(), sendsResolved: send_resolved.boolean(true) };
      }),
    ],
  };
}

function readWebhook(value: YamlValue): IntegrationConfig {
  const map = value.map(['url', 'url_file', 'max_alerts', 'send_resolved', 'http_config', 'headers', 'timeout']);
  const url = secretUrl(map.url, map.url_file);
  if (url === null) value.need('url');
  const headers: Record<string, string> = {};
  for (const [name, item] of map.headers.entries()) {
    if (!/^[a-zA-Z0-9-]{1,80}$/.test(name) || /[\r\n\0]/.test(item.text())) item.fail('is to be a header of one line');
    else headers[name] = item.text();
  }
  return {
    kind: 'webhook',
    url: url ?? { value: '' },
    maxAlerts: map.max_alerts.number(0, { min: 0 }),
    sendsResolved: map.send_resolved.boolean(true),
    authorization: readAuthorization(map.http_config),
    headers,
    timeoutMs: map.timeout.durationMs(timeoutMs, { minMs: 100, maxMs: minuteMs }),
  };
}

function readAuthorization(value: YamlValue): HttpAuthorization | null {
  const map = value.map([
    'authorization',
    'basic_auth',
    'bearer_token',
    'bearer_token_file',
    'follow_redirects',
    'enable_http2',
  ]);
  // A redirect would take a message with its secrets to an address that nobody configured.
  if (map.follow_redirects.boolean(false)) map.follow_redirects.fail('redirects are not followed: leave it out');
  map.enable_http2.boolean(true);
  const bearer = secret(map.bearer_token, map.bearer_token_file);
  if (bearer !== null) return { type: 'Bearer', credentials: bearer };
  if (!map.authorization.isMissing) {
    const { credentials, credentials_file, type } = map.authorization.map(['type', 'credentials', 'credentials_file']);
    const found = secret(credentials, credentials_file);
    if (found === null) map.authorization.need('credentials');
    return { type: type.text('Bearer'), credentials: found ?? { value: '' } };
  }
  if (map.basic_auth.isMissing) return null;
  const { password, username } = map.basic_auth.map(['username', 'password']);
  return {
    type: 'Basic',
    credentials: { value: Buffer.from(`${username.text()}:${password.text()}`).toString('base64') },
  };
}

function readSlack(value: YamlValue, global: GlobalConfig): IntegrationConfig {
  const map = value.map(['api_url', 'api_url_file', 'channel', 'username', 'icon_emoji', 'send_resolved', 'timeout']);
  const url = secretUrl(map.api_url, map.api_url_file) ?? global.slackUrl;
  if (url === null) value.fail('api_url is missing, here and as slack_api_url in global');
  return {
    kind: 'slack',
    url: url ?? { value: '' },
    channel: map.channel.text(),
    username: map.username.text('Headwater'),
    iconEmoji: map.icon_emoji.text(),
    sendsResolved: map.send_resolved.boolean(false),
    timeoutMs: map.timeout.durationMs(timeoutMs, { minMs: 100, maxMs: minuteMs }),
  };
}

function readEmail(value: YamlValue, global: GlobalConfig): IntegrationConfig {
  const map = value.map([
    'to',
    'from',
    'smarthost',
    'hello',
    'auth_username',
    'auth_password',
    'auth_password_file',
    'require_tls',
    'force_implicit_tls',
    'tls_config',
    'headers',
    'send_resolved',
    'timeout',
  ]);
  const to = map.to
    .text()
    .split(',')
    .map((address) => address.trim());
  const from = map.from.text(global.smtp.from);
  for (const address of to)
    if (!addressPattern.test(address))
      (map.to.isMissing ? value : map.to).fail(`to: ${JSON.stringify(address)} is no address such as ops@example.org`);
  if (!addressPattern.test(from))
    (map.from.isMissing ? value : map.from).fail('from is to be an address, here or as smtp_from in global');
  const smarthost = map.smarthost.text(global.smtp.smarthost);
  const parts = /^\[?([^\s\]]+?)\]?:(\d{1,5})$/.exec(smarthost);
  if (parts === null)
    (map.smarthost.isMissing ? value : map.smarthost).fail(
      'smarthost is to be host:port, here or as smtp_smarthost in global',
    );
  const tls = map.tls_config.map(['insecure_skip_verify', 'ca_file']);
  const headers = map.headers.map(['Subject', 'subject']);
  const subject = headers.Subject.isMissing ? headers.subject : headers.Subject;
  return {
    kind: 'email',
    to,
    from,
    host: parts?.[1] ?? '',
    port: Number(parts?.[2] ?? 25),
    hello: map.hello.text(global.smtp.hello),
    username: map.auth_username.text(global.smtp.username),
    password: secret(map.auth_password, map.auth_password_file) ?? global.smtpPassword,
    isTls: map.force_implicit_tls.boolean(parts?.[2] === '465'),
    requiresTls: map.require_tls.boolean(global.smtp.requiresTls),
    isCertificateChecked: !tls.insecure_skip_verify.boolean(false),
    caFile: tls.ca_file.text(),
    subject: subject.isMissing ? null : (subject.attempt(() => compileTemplate(subject.text())) ?? null),
    sendsResolved: map.send_resolved.boolean(false),
    timeoutMs: map.timeout.durationMs(timeoutMs, { minMs: 100, maxMs: minuteMs }),
  };
}

function secret(value: YamlValue, file: YamlValue): Secret | null {
  if (!value.isMissing && !file.isMissing) file.fail('the secret and its file exclude one another');
  if (!value.isMissing) return { value: value.text() };
  return file.isMissing ? null : { file: file.text() };
}

function secretUrl(value: YamlValue, file: YamlValue): Secret | null {
  const found = secret(value, file);
  if (found !== null && 'value' in found && !isHttpUrl(found.value))
    value.fail('is to be an address that starts with http:// or https://');
  return found;
}

export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
