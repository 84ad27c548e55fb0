import type { SseStream } from '@headwater/http';
import { ConfigError } from '../config-error.ts';
import type { ConfigService, EnvironmentRequest } from '../service/config-service.ts';
import { digest, environmentDigests, type KeyChange, type KeyDigests, keyChanges } from './key-changes.ts';
import type { RepositoryChange } from './repository-watch.ts';

/** Different environments that are watched at once, at most. */
const maxGroups = 2_000;
/** Changes kept for each, for streams that come back. */
const maxKept = 50;

/** What a watcher is told: which keys of its environment have other values now. */
export interface WatchEvent {
  timestampMs: number;
  application: string;
  profiles: string;
  label: string | null;
  version: string | null;
  /** Null when it cannot be told what has changed since the watcher was last here: read the environment anew. */
  changes: KeyChange[] | null;
  author: string | null;
  message: string | null;
}

interface Group {
  request: EnvironmentRequest;
  streams: Set<SseStream>;
  state: KeyDigests;
  version: string | null;
  id: string;
  error: string | null;
  kept: { id: string; event: WatchEvent }[];
  /** Resolved when what was there at the first watcher's coming is known. */
  ready: Promise<void>;
}

/** Tells streams of server-sent events which keys changed in the environment that each watches. */
export class WatchHub {
  readonly #service: ConfigService;
  readonly #groups = new Map<string, Group>();
  /** One change after the other. */
  #comparing: Promise<void> = Promise.resolve();

  constructor(service: ConfigService) {
    this.#service = service;
  }

  /** The labels that somebody watches. */
  labels(): Iterable<string | null> {
    return new Set([...this.#groups.values()].map(({ request }) => request.label));
  }

  get watcherCount(): number {
    let count = 0;
    for (const { streams } of this.#groups.values()) count += streams.size;
    return count;
  }

  /**
   * Adds a stream; `lastEventId` is where it was. Throws ConfigError when there is no such environment, or HW_CONFIG_TOO_LARGE when
   * too many different ones are watched.
   */
  async prepare(request: EnvironmentRequest): Promise<(stream: SseStream, lastEventId: string | undefined) => void> {
    const key = JSON.stringify([request.application, request.profiles, request.label]);
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= maxGroups) {
        throw new ConfigError('HW_CONFIG_TOO_LARGE', `${maxGroups} different environments are watched already`);
      }
      const fresh: Group = {
        request,
        streams: new Set(),
        state: new Map(),
        version: null,
        id: '',
        error: null,
        kept: [],
        ready: Promise.resolve(),
      };
      group = fresh;
      this.#groups.set(key, group);
      group.ready = this.#begin(fresh).catch((error: unknown) => {
        this.#groups.delete(key);
        throw error;
      });
    }
    const joined = group;
    await joined.ready;
    return (stream, lastEventId) => {
      joined.streams.add(stream);
      this.#groups.set(key, joined);
      void stream.closed.then(() => {
        joined.streams.delete(stream);
        if (joined.streams.size === 0) this.#groups.delete(key);
      });
      this.#welcome(joined, stream, lastEventId);
    };
  }

  /** Looks at every watched environment after a change of the repository. */
  onChange(change: RepositoryChange): Promise<void> {
    this.#comparing = this.#comparing.then(async () => {
      for (const group of [...this.#groups.values()]) {
        await group.ready.catch(() => {});
        await this.#compare(group, change);
      }
    });
    return this.#comparing;
  }

  async #begin(group: Group): Promise<void> {
    try {
      const environment = await this.#service.environment(group.request);
      group.state = environmentDigests(environment);
      group.version = environment.version;
    } catch (error) {
      if (!(error instanceof ConfigError) || error.status !== 500) throw error;
      // A broken file: whoever watches wants to hear when it is mended.
      group.error = error.message;
    }
    group.id = stateId(group);
  }

  async #compare(group: Group, change: RepositoryChange): Promise<void> {
    let environment: Awaited<ReturnType<ConfigService['environment']>>;
    try {
      environment = await this.#service.environment(group.request);
    } catch (error) {
      const message = (error as Error).message;
      if (message === group.error) return;
      group.error = message;
      const position = error instanceof ConfigError ? error.position : {};
      send(group.streams, 'broken', undefined, { ...this.#named(group), message, ...position });
      return;
    }
    const state = environmentDigests(environment);
    const changes = keyChanges(group.state, state);
    const isMended = group.error !== null;
    const isNewVersion = environment.version !== group.version;
    group.error = null;
    group.state = state;
    group.version = environment.version;
    if (changes.length === 0 && !isNewVersion && !isMended) return;
    group.id = stateId(group);
    if (changes.length === 0) {
      send(group.streams, 'current', group.id, this.#current(group));
      return;
    }
    const event: WatchEvent = {
      timestampMs: change.timestampMs,
      ...this.#named(group),
      version: group.version,
      changes,
      author: change.author,
      message: change.message,
    };
    group.kept.push({ id: group.id, event });
    if (group.kept.length > maxKept) group.kept.shift();
    send(group.streams, 'change', group.id, event);
  }

  #welcome(group: Group, stream: SseStream, lastEventId: string | undefined): void {
    if (group.error !== null) {
      send([stream], 'broken', undefined, { ...this.#named(group), message: group.error });
      return;
    }
    if (lastEventId === undefined || lastEventId === group.id) {
      send([stream], 'current', group.id, this.#current(group));
      return;
    }
    const at = group.kept.findIndex(({ id }) => id === lastEventId);
    if (at !== -1) {
      for (const { id, event } of group.kept.slice(at + 1)) send([stream], 'change', id, event);
      return;
    }
    const unknown: WatchEvent = {
      timestampMs: Date.now(),
      ...this.#named(group),
      version: group.version,
      changes: null,
      author: null,
      message: null,
    };
    send([stream], 'change', group.id, unknown);
  }

  #named({ request }: Group): { application: string; profiles: string; label: string | null } {
    return { application: request.application, profiles: request.profiles, label: request.label };
  }

  #current(group: Group): object {
    return { timestampMs: Date.now(), ...this.#named(group), version: group.version, keys: group.state.size };
  }
}

function stateId(group: Group): string {
  return digest(`${group.version}\n${[...group.state].map(([key, value]) => `${key}\n${value}`).join('\n')}`);
}

function send(streams: Iterable<SseStream>, event: string, id: string | undefined, data: object): void {
  const text = JSON.stringify(data);
  for (const stream of streams) stream.send({ event, ...(id === undefined ? {} : { id }), data: text });
}
