/** The servers that services are pointed at: addresses only, whoever stands behind them. A part that a target lacks is null. */
export interface Servers {
  /** `127.0.0.1:9092`. */
  kafka: string;
  /** Without `/eureka`. */
  discoveryUrl: string | null;
  configUrl: string | null;
  /** The issuer, to the letter. */
  issuer: string | null;
  gatewayUrl: string | null;
  zipkinUrl: string | null;
  /** Starts those that can only start when services and their configuration are there. */
  startGateway?(): Promise<void>;
  /** Milliseconds until each answered, by name. */
  startTimes: Record<string, number>;
  close(): Promise<void>;
}

/** What the config server decrypts with: configuration of both targets. */
export const encryptKey = 'fabric-key';

export interface ServerOptions {
  /** The folder that the config server serves. */
  configDir: string;
  logDir: string;
  /** Only what the short form needs. */
  short: boolean;
}
