import {
  ApiKey,
  decodeRequest,
  decodeRequestHeader,
  ErrorCode,
  encodeResponse,
  type RequestHead,
} from '@headwater/protocol';
import { BrokerError } from '../../broker-error.ts';
import type { Clock } from '../../clock/clock.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import type { Connection, FrameGate } from '../../network/connection.ts';
import { Request } from '../../network/request.ts';
import { principalText } from '../principal.ts';
import { type SaslExchange, SaslFailure, type SaslIdentity, type SaslStep, toldFailure } from './sasl-exchange.ts';
import type { SaslListener } from './sasl-listener.ts';

export interface SaslGateOptions {
  connection: Connection;
  listener: SaslListener;
  config: BrokerConfig;
  clock: Clock;
  /** Answers ApiVersions, which may come first. */
  serve(connection: Connection, frame: Buffer): void;
}

type State = 'first' | 'handshake' | 'exchange' | 'authenticated' | 'failed';

const handshakeMaxVersion = 1;
const authenticateMaxVersion = 2;
/** A client that renews its session again sooner gets ILLEGAL_SASL_STATE, as from Kafka. */
const reauthenticationMinMs = 1_000;

/**
 * What stands between a connection and the handlers until it has authenticated, and when it does so again: SaslHandshake, then
 * SaslAuthenticate (KIP-152) or, after version 0, the bare messages of the mechanism (KIP-43). Sessions that are limited
 * (`connections.max.reauth.ms`, the end of a token) must be renewed by the same principal with the same mechanism (KIP-368).
 */
export class SaslGate implements FrameGate {
  readonly #options: SaslGateOptions;
  #state: State = 'first';
  #mechanism = '';
  #exchange: SaslExchange | null = null;
  #isFramed = false;
  /** Why the exchange that the client began can only fail. */
  #refusal: string | null = null;
  #canReauthenticate = false;
  #isReauthenticating = false;
  #renewalAtMs = Number.NEGATIVE_INFINITY;
  #expiresAtMs = Number.POSITIVE_INFINITY;

  constructor(options: SaslGateOptions) {
    this.#options = options;
    const { config, connection } = options;
    connection.limitFrames(config.number('sasl.server.max.receive.size'), 'sasl.server.max.receive.size');
  }

  admits(frame: Buffer): boolean {
    if (this.#state === 'authenticated' && !this.#isRenewal(frame)) return this.#isInSession();
    if (this.#state === 'failed') return false;
    if (this.#state === 'exchange' && !this.#isFramed) this.#receiveBare(frame);
    else this.#receive(frame);
    return false;
  }

  #isRenewal(frame: Buffer): boolean {
    if (!this.#canReauthenticate || frame.length < 2 || frame.readInt16BE(0) !== ApiKey.SaslHandshake) return false;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#renewalAtMs < reauthenticationMinMs) return false;
    this.#renewalAtMs = nowMs;
    return true;
  }

  #isInSession(): boolean {
    if (this.#options.clock.monotonicMs() < this.#expiresAtMs) return true;
    throw new BrokerError(
      'HW_BROKER_AUTHENTICATION',
      `The session of ${principalText(this.#options.connection.principal)} has ended, and the client did not authenticate again.`,
    );
  }

  #receive(frame: Buffer): void {
    const head = decodeRequestHeader(frame);
    const { connection, serve } = this.#options;
    connection.lastClientId = head.clientId;
    if (this.#state === 'exchange') {
      this.#receiveAuthenticate(frame, head);
      return;
    }
    if (head.apiKey === ApiKey.ApiVersions && this.#state === 'first') {
      serve(connection, frame);
      // Asked again after an answer that was none; after a good one it is time for the handshake.
      if (head.apiVersion < 3 || (head.apiVersion <= 4 && connection.clientSoftware !== '')) this.#state = 'handshake';
      return;
    }
    if (head.apiKey === ApiKey.SaslHandshake && head.apiVersion <= handshakeMaxVersion) {
      this.#handshake(frame, head);
      return;
    }
    const hint = this.#state === 'first' ? ' Is the client set to the wrong security.protocol?' : '';
    throw illegal(`A request of API ${head.apiKey} came instead of the SASL handshake.${hint}`);
  }

  #handshake(frame: Buffer, head: RequestHead): void {
    const { mechanism } = decodeRequest(ApiKey.SaslHandshake, head.apiVersion, frame, head.bodyOffset);
    const { connection, listener } = this.#options;
    const offered = listener.mechanisms.get(mechanism);
    const mechanisms = [...listener.mechanisms.keys()];
    const request = this.#request(head, frame.length);
    this.#isReauthenticating = this.#state === 'authenticated';
    if (offered === undefined) {
      const answer = { errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms };
      const bytes = encodeResponse(ApiKey.SaslHandshake, head.apiVersion, head.correlationId, answer);
      this.#fail(
        `The mechanism ${mechanism.slice(0, 100)} is not offered here; there are ${mechanisms.join(', ')}.`,
        request,
        bytes,
      );
      return;
    }
    this.#isFramed = head.apiVersion >= 1;
    this.#refusal = null;
    if (this.#isReauthenticating && mechanism !== this.#mechanism) {
      this.#refusal = `A session that began with ${this.#mechanism} cannot be renewed with ${mechanism}.`;
    } else this.#mechanism = mechanism;
    this.#exchange = offered.begin();
    this.#state = 'exchange';
    request.respond(ApiKey.SaslHandshake, { errorCode: 0, mechanisms });
    if (connection.isClosed) this.#state = 'failed';
  }

  #receiveAuthenticate(frame: Buffer, head: RequestHead): void {
    const { apiKey, apiVersion, bodyOffset, correlationId } = head;
    if (apiKey === ApiKey.SaslHandshake && apiVersion <= handshakeMaxVersion) {
      const answer = { errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] };
      const bytes = encodeResponse(ApiKey.SaslHandshake, apiVersion, correlationId, answer);
      this.#fail(
        'A second SASL handshake came in the middle of the exchange.',
        this.#request(head, frame.length),
        bytes,
      );
      return;
    }
    if (apiKey !== ApiKey.SaslAuthenticate)
      throw illegal(`A request of API ${apiKey} came in the middle of the SASL exchange.`);
    if (apiVersion > authenticateMaxVersion) throw illegal(`SaslAuthenticate is not served in version ${apiVersion}.`);
    if (this.#refusal !== null) throw new BrokerError('HW_BROKER_AUTHENTICATION', this.#refusal);
    const { authBytes } = decodeRequest(ApiKey.SaslAuthenticate, apiVersion, frame, bodyOffset);
    // Only clients that know of session lifetimes can be expected to renew them.
    this.#canReauthenticate ||= apiVersion > 0;
    const request = this.#request(head, frame.length);
    const encode = (errorCode: number, errorMessage: string | null, bytes: Buffer, sessionLifetimeMs: number) =>
      encodeResponse(ApiKey.SaslAuthenticate, apiVersion, correlationId, {
        errorCode,
        errorMessage,
        authBytes: bytes,
        ...(apiVersion >= 1 ? { sessionLifetimeMs } : {}),
      });
    this.#step(authBytes, request, {
      // An empty message, not none, as from Kafka.
      well: (challenge, sessionLifetimeMs) => encode(0, '', challenge, sessionLifetimeMs),
      badly: (message) => encode(ErrorCode.SASL_AUTHENTICATION_FAILED, message, Buffer.alloc(0), 0),
    });
  }

  #receiveBare(frame: Buffer): void {
    if (this.#refusal !== null) throw new BrokerError('HW_BROKER_AUTHENTICATION', this.#refusal);
    const head = { apiKey: ApiKey.SaslAuthenticate, apiVersion: 0, correlationId: 0, clientId: null, bodyOffset: 0 };
    this.#step(frame, this.#request(head, frame.length), { well: sized, badly: () => null });
  }

  /** A step may take a while (a key to derive, an issuer to ask): what the client sends meanwhile waits. */
  #step(bytes: Buffer, request: Request, answers: Answers): void {
    const { connection } = this.#options;
    const take = (step: SaslStep) => this.#took(step, request, answers);
    const refuse = (error: unknown) => {
      const told = error instanceof SaslFailure && error.told !== null ? error.told : this.#unsaid();
      const message = error instanceof SaslFailure ? error.message : `the exchange failed: ${String(error)}`;
      this.#fail(`${this.#mechanism}: ${message}`, request, answers.badly(told), error);
    };
    try {
      const step = this.#exchange!.step(bytes);
      if (!(step instanceof Promise)) {
        take(step);
        return;
      }
      connection.hold();
      void step
        .then(take)
        .catch(refuse)
        .finally(() => connection.release());
    } catch (error) {
      refuse(error);
    }
  }

  #took({ challenge, identity }: SaslStep, request: Request, answers: Answers): void {
    const lifetimeMs = identity === null ? 0 : this.#begin(identity);
    request.respondWith([answers.well(challenge, lifetimeMs)]);
  }

  /** The session's lifetime in milliseconds, 0 for no end. @throws SaslFailure */
  #begin({ name, expiresAtMs }: SaslIdentity): number {
    const { clock, connection, listener } = this.#options;
    if (this.#isReauthenticating && connection.principal.name !== name) {
      throw toldFailure(
        `Cannot change principals during re-authentication from ${principalText(connection.principal).replace(':', '.')}: User.${name}`,
      );
    }
    const maxMs = listener.maxSessionMs(this.#mechanism);
    const lifetimes = [
      ...(maxMs > 0 ? [maxMs] : []),
      ...(expiresAtMs === null ? [] : [Math.max(0, Math.floor(expiresAtMs - clock.now()))]),
    ];
    const lifetimeMs = lifetimes.length === 0 ? 0 : Math.min(...lifetimes);
    const nowMs = clock.monotonicMs();
    this.#expiresAtMs = lifetimes.length === 0 ? Number.POSITIVE_INFINITY : nowMs + lifetimeMs;
    this.#exchange = null;
    this.#state = 'authenticated';
    if (!this.#isReauthenticating) connection.authenticated({ type: 'User', name });
    return lifetimeMs;
  }

  /** Told after a while, so that guessing is slow; then the connection ends. */
  #fail(reason: string, request: Request, answer: Buffer | null, cause?: unknown): void {
    const { clock, config, connection } = this.#options;
    this.#state = 'failed';
    this.#exchange = null;
    const tell = () => {
      request.respondWith(answer === null ? [] : [answer]);
      connection.closeBecause(new BrokerError('HW_BROKER_AUTHENTICATION', reason, { cause }));
    };
    const delayMs = config.number('connection.failed.authentication.delay.ms');
    connection.hold();
    if (delayMs === 0) tell();
    else clock.schedule(delayMs, tell);
  }

  #unsaid(): string {
    const what = this.#isReauthenticating ? 're-authentication' : 'authentication';
    return `Authentication failed during ${what} due to invalid credentials with SASL mechanism ${this.#mechanism}`;
  }

  #request({ apiKey, apiVersion, clientId, correlationId }: RequestHead, sizeBytes: number): Request {
    const { clock, connection } = this.#options;
    const request = new Request(
      connection,
      apiKey,
      apiVersion,
      correlationId,
      clientId,
      clock.monotonicMs(),
      sizeBytes,
    );
    connection.add(request);
    return request;
  }
}

interface Answers {
  well(challenge: Buffer, sessionLifetimeMs: number): Buffer;
  /** Null: nothing is said. */
  badly(message: string): Buffer | null;
}

function sized(challenge: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(challenge.length);
  return Buffer.concat([size, challenge]);
}

function illegal(message: string): BrokerError {
  return new BrokerError('HW_BROKER_AUTHENTICATION', message);
}
