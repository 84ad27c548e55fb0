import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@headwater/logger';
import { reasonOf } from '../ask/http-asker.ts';
import type { EurekaServers } from './eureka-servers.ts';
import { defaultInstanceId, type InstanceRegistration, registrationBody } from './registration-body.ts';

type OwnStatus = NonNullable<InstanceRegistration['status']>;

export interface RegistrationState {
  instanceId: string;
  status: OwnStatus;
  /** Discovery has it, as far as the last exchange told. */
  isRegistered: boolean;
  lastRenewalMs: number | null;
  error: string | null;
}

const retryMinMs = 250;
/** Discovery and service may be started together: what is over within some two seconds is not worth a line. */
const quietFailures = 3;
const cancelTimeoutMs = 1_000;

/**
 * One instance's place in the registry: registered when discovery answers, renewed within its lease, registered again when discovery has
 * forgotten it (404) or its status changed, cancelled at `close()`. Discovery being away is waited for and never fails the service.
 */
export class Registration {
  readonly instanceId: string;
  readonly #servers: EurekaServers;
  readonly #registration: InstanceRegistration;
  readonly #logger: Logger;
  readonly #path: string;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #firstTime = Promise.withResolvers<void>();
  #wake = Promise.withResolvers<void>();
  #status: OwnStatus;
  #dirtyMs = Date.now();
  #isDirty = true;
  #isKnown = false;
  #isOverridden = false;
  #lastRenewalMs: number | null = null;
  #error: string | null = null;
  #closed: Promise<void> | undefined;

  constructor(servers: EurekaServers, registration: InstanceRegistration, logger: Logger) {
    this.#servers = servers;
    this.#registration = registration;
    this.#logger = logger;
    this.#status = registration.status ?? 'UP';
    this.instanceId = registration.instanceId ?? defaultInstanceId(registration);
    this.#path = `/apps/${encodeURIComponent(registration.service.toUpperCase())}`;
    this.#running = this.#run();
  }

  get state(): RegistrationState {
    return {
      instanceId: this.instanceId,
      status: this.#status,
      isRegistered: this.#isKnown && this.#error === null,
      lastRenewalMs: this.#lastRenewalMs,
      error: this.#error,
    };
  }

  /** Resolves when discovery has taken the registration for the first time; rejects when it is closed before. */
  registered(): Promise<void> {
    return this.#firstTime.promise;
  }

  /** Tells discovery a new status, at once when it answers. */
  setStatus(status: OwnStatus): void {
    if (status === this.#status || this.#stop.signal.aborted) return;
    this.#status = status;
    // Eureka takes a registration whose timestamp is older than the one it has for an old one.
    this.#dirtyMs = Math.max(Date.now(), this.#dirtyMs + 1);
    this.#isDirty = true;
    this.#wake.resolve();
  }

  /** Leaves the registry; waits for that a second at most. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#stop.abort(new Error('the registration was closed'));
      await this.#running;
      this.#firstTime.promise.catch(() => {});
      this.#firstTime.reject(new Error(`${this.instanceId}: closed before discovery answered`));
      if (!this.#isKnown) return;
      try {
        const signal = AbortSignal.timeout(cancelTimeoutMs);
        await this.#servers.ask(`${this.#path}/${pathId(this.instanceId)}`, { method: 'DELETE', signal });
      } catch (error) {
        const about = { instanceId: this.instanceId, reason: reasonOf(error) };
        this.#logger.warn(about, 'discovery could not be told: its lease will end by itself');
      }
      this.#isKnown = false;
    })();
    return this.#closed;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const renewalMs = (this.#registration.renewalSeconds ?? 5) * 1_000;
    let failures = 0;
    while (!signal.aborted) {
      let waitMs = renewalMs;
      this.#wake = Promise.withResolvers();
      try {
        if (this.#isDirty || !this.#isKnown) await this.#register();
        else await this.#renew();
        if (failures > quietFailures) this.#logger.info({ instanceId: this.instanceId }, 'discovery is back');
        failures = 0;
        this.#error = null;
        this.#lastRenewalMs = Date.now();
        this.#firstTime.resolve();
      } catch (error) {
        if (signal.aborted) return;
        this.#error = reasonOf(error);
        waitMs = Math.min(renewalMs, retryMinMs * 2 ** Math.min(failures, 8));
        if (failures === quietFailures) {
          const about = { instanceId: this.instanceId, reason: this.#error };
          this.#logger.warn(about, 'cannot tell discovery, tries again until it answers');
        }
        failures += 1;
      }
      const jittered = waitMs * (0.9 + Math.random() * 0.1);
      const nap = new AbortController();
      const onStop = (): void => nap.abort();
      signal.addEventListener('abort', onStop, { once: true });
      await Promise.race([
        sleep(jittered, undefined, { signal: nap.signal, ref: false }).catch(() => {}),
        this.#wake.promise,
      ]);
      signal.removeEventListener('abort', onStop);
      nap.abort();
    }
  }

  async #register(): Promise<void> {
    const dirtyMs = this.#dirtyMs;
    const status = this.#status;
    const isOut = status === 'OUT_OF_SERVICE';
    if (this.#isOverridden && !isOut) await this.#override('DELETE', status);
    const answer = await this.#servers.ask(this.#path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: registrationBody({ ...this.#registration, instanceId: this.instanceId }, status, dirtyMs),
      signal: this.#stop.signal,
    });
    if (answer.status >= 300) throw refused('the registration', answer);
    // Eureka keeps UP when an instance that is UP registers as OUT_OF_SERVICE: that status is taken as an override only.
    if (isOut) await this.#override('PUT', status);
    this.#isKnown = true;
    if (this.#dirtyMs === dirtyMs) this.#isDirty = false;
    this.#logger.info(
      { instanceId: this.instanceId, status, discovery: this.#servers.currentUrl.replace(/\/\/[^@/]*@/, '//') },
      'registered',
    );
  }

  async #override(method: 'PUT' | 'DELETE', status: OwnStatus): Promise<void> {
    const query = `value=${status}&lastDirtyTimestamp=${this.#dirtyMs}`;
    const { signal } = this.#stop;
    const answer = await this.#servers.ask(`${this.#path}/${pathId(this.instanceId)}/status?${query}`, {
      method,
      body: '',
      signal,
    });
    if (answer.status >= 300 && answer.status !== 404) throw refused('the status', answer);
    this.#isOverridden = method === 'PUT';
  }

  async #renew(): Promise<void> {
    const query = `status=${this.#status}&lastDirtyTimestamp=${this.#dirtyMs}`;
    const answer = await this.#servers.ask(`${this.#path}/${pathId(this.instanceId)}?${query}`, {
      method: 'PUT',
      body: '',
      signal: this.#stop.signal,
    });
    if (answer.status === 404) {
      this.#isKnown = false;
      await this.#register();
    } else if (answer.status >= 300) throw refused('the renewal', answer);
  }
}

/** Ids hold colons, which Java's clients do not escape. */
function pathId(id: string): string {
  return encodeURIComponent(id).replaceAll('%3A', ':');
}

function refused(what: string, { status, body }: { status: number; body: Buffer }): Error {
  return new Error(`discovery refused ${what} with ${status}: ${body.toString('utf8', 0, 300)}`);
}
