import { withoutLogin } from '@headwater/http';
import { HeadwaterError } from '../headwater-error.ts';

export type SchemaType = 'AVRO' | 'JSON' | 'PROTOBUF';

/** A schema that another one refers to, with what it refers to itself before it. */
export interface ReferencedSchema {
  name: string;
  subject: string;
  version: number;
  schema: string;
}

export interface SubjectVersion {
  version: number;
  schemaType: SchemaType;
  schema: string;
  references: readonly ReferencedSchema[];
}

export interface Subject {
  name: string;
  /** Oldest first. */
  versions: readonly SubjectVersion[];
}

interface Answer {
  id: number;
  version: number;
  schemaType?: SchemaType;
  schema: string;
  references?: { name: string; subject: string; version: number }[];
}

/** A subject, and what must be the same for it to be as it was. */
interface Known {
  stamp: string;
  subject: Subject;
}

/** A reader seldom meets records of older ones than these. */
const versionsMax = 20;
const requestsAtOnce = 8;
const requestTimeoutMs = 10_000;

/**
 * Reads the subjects of a schema registry, whichever it is. What a registry has told is remembered: a second reading asks each subject only
 * for its versions and its newest schema.
 */
export class SubjectReader {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #patterns: readonly RegExp[];
  #known = new Map<string, Known>();

  /** @param url may hold a user and a password: `https://user:password@registry.example` */
  constructor(url: string, patterns: readonly string[] = []) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new HeadwaterError(
        'HW_CLI_USAGE',
        `--registry takes an address such as http://127.0.0.1:8081, not "${url}"`,
      );
    }
    const registry = withoutLogin(url);
    this.#url = registry.url.replace(/\/+$/, '');
    this.#headers = { accept: 'application/vnd.schemaregistry.v1+json, application/json', ...registry.headers };
    this.#patterns = patterns.map((pattern) => new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`, 's'));
  }

  /** Where it reads, without the password. */
  get url(): string {
    return this.#url;
  }

  /**
   * The subjects that the patterns fit, in the order of their names, with what each version refers to.
   *
   * @throws HeadwaterError HW_TYPES_REGISTRY when the registry cannot be reached or answers with an error
   */
  async read(signal?: AbortSignal): Promise<Subject[]> {
    const all = (await this.#get<string[]>('/subjects', signal)) ?? [];
    const names = all.filter((name) => this.#patterns.length === 0 || this.#patterns.some((each) => each.test(name)));
    names.sort((a, b) => (a < b ? -1 : 1));
    const known = new Map<string, Known>();
    let at = 0;
    const work = async (): Promise<void> => {
      for (let name = names[at++]; name !== undefined; name = names[at++]) {
        const read = await this.#subject(name, signal);
        if (read !== undefined) known.set(name, read);
      }
    };
    await Promise.all(Array.from({ length: requestsAtOnce }, work));
    this.#known = known;
    return names.flatMap((name) => known.get(name)?.subject ?? []);
  }

  /** Undefined when it was deleted meanwhile. */
  async #subject(name: string, signal?: AbortSignal): Promise<Known | undefined> {
    const path = `/subjects/${encodeURIComponent(name)}/versions`;
    const [numbers, latest] = await Promise.all([
      this.#get<number[]>(path, signal),
      this.#get<Answer>(`${path}/latest`, signal),
    ]);
    if (numbers === undefined || latest === undefined) return undefined;
    const wanted = numbers.sort((a, b) => a - b).slice(-versionsMax);
    const stamp = `${latest.id} ${wanted.join(' ')}`;
    const known = this.#known.get(name);
    if (known?.stamp === stamp) return known;
    const versions: SubjectVersion[] = [];
    for (const number of wanted) {
      const answer = number === latest.version ? latest : await this.#get<Answer>(`${path}/${number}`, signal);
      if (answer === undefined) continue;
      versions.push({
        version: number,
        schemaType: answer.schemaType ?? 'AVRO',
        schema: answer.schema,
        references: await this.#references(answer, signal),
      });
    }
    return versions.length === 0 ? undefined : { stamp, subject: { name, versions } };
  }

  /** All that it refers to, directly or not, each once; what others need comes first. */
  async #references(from: Answer, signal?: AbortSignal): Promise<ReferencedSchema[]> {
    const found = new Map<string, ReferencedSchema>();
    const visiting = new Set<string>();
    const visit = async ({ references = [] }: Answer): Promise<void> => {
      for (const { name, subject, version } of references) {
        if (found.has(name) || visiting.has(name)) continue;
        visiting.add(name);
        const number = version === -1 ? 'latest' : version;
        const path = `/subjects/${encodeURIComponent(subject)}/versions/${number}?deleted=true`;
        const answer = await this.#get<Answer>(path, signal);
        if (answer === undefined) continue;
        await visit(answer);
        found.set(name, { name, subject, version: answer.version, schema: answer.schema });
      }
    };
    await visit(from);
    return [...found.values()];
  }

  /** Undefined when there is no such thing. */
  async #get<T>(path: string, signal?: AbortSignal): Promise<T | undefined> {
    const timeout = AbortSignal.timeout(requestTimeoutMs);
    let response: Response;
    try {
      response = await fetch(this.#url + path, {
        headers: this.#headers,
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      if (response.status === 404 && path !== '/subjects') {
        await response.body?.cancel();
        return undefined;
      }
      if (response.ok) return (await response.json()) as T;
    } catch (cause) {
      const reason = ((cause as Error).cause as Error | undefined)?.message ?? (cause as Error).message;
      throw new HeadwaterError(
        'HW_TYPES_REGISTRY',
        `the schema registry at ${this.#url} does not answer (${reason}): is it running? --registry URL names another`,
        cause,
      );
    }
    const text = (await response.text()).slice(0, 300);
    const hint = response.status === 401 ? ': give --registry http://user:password@…' : '';
    throw new HeadwaterError(
      'HW_TYPES_REGISTRY',
      `${this.#url}${path} answers ${response.status}${hint}${text === '' ? '' : `: ${text}`}`,
    );
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
