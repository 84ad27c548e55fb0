import type { Template } from '../model/template.ts';

/** A secret: written in the configuration, or read from a file each time it is needed, so that it can be renewed. */
export type Secret = { readonly value: string } | { readonly file: string };

export interface HttpAuthorization {
  readonly type: string;
  readonly credentials: Secret;
}

interface IntegrationBase {
  readonly sendsResolved: boolean;
}

export interface WebhookConfig extends IntegrationBase {
  readonly kind: 'webhook';
  readonly url: Secret;
  /** Most alerts in a message; 0: all. */
  readonly maxAlerts: number;
  readonly authorization: HttpAuthorization | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface SlackConfig extends IntegrationBase {
  readonly kind: 'slack';
  readonly url: Secret;
  readonly channel: string;
  readonly username: string;
  readonly iconEmoji: string;
  readonly timeoutMs: number;
}

export interface EmailConfig extends IntegrationBase {
  readonly kind: 'email';
  readonly to: readonly string[];
  readonly from: string;
  readonly host: string;
  readonly port: number;
  readonly hello: string;
  readonly username: string;
  readonly password: Secret | null;
  /** TLS from the first byte. Default: on port 465. */
  readonly isTls: boolean;
  /** Otherwise the connection has to become TLS before anything is said (STARTTLS). */
  readonly requiresTls: boolean;
  readonly isCertificateChecked: boolean;
  /** PEM of the authority that signed the server's certificate. Default: those that Node trusts. */
  readonly caFile: string;
  readonly subject: Template | null;
  readonly timeoutMs: number;
}

/** To the monitor's own stream of events. */
export interface ConsoleConfig extends IntegrationBase {
  readonly kind: 'console';
}

export interface TopicConfig extends IntegrationBase {
  readonly kind: 'topic';
  readonly topic: string;
}

export type IntegrationConfig = WebhookConfig | SlackConfig | EmailConfig | ConsoleConfig | TopicConfig;

export interface Receiver {
  readonly name: string;
  readonly integrations: readonly IntegrationConfig[];
}
