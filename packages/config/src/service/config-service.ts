import type { ConfigRepository, ConfigTree } from '../repository/config-tree.ts';
import { findConfigData } from '../resolve/config-data.ts';
import type { Environment, OriginValue, PropertySource } from '../resolve/environment.ts';
import { ParsedFiles } from '../resolve/parsed-files.ts';

export interface EnvironmentRequest {
  application: string;
  /** As asked, with commas. */
  profiles: string;
  label: string | null;
}

export interface ConfigServiceOptions {
  repository: ConfigRepository;
  /** Properties that win over all files. */
  overrides?: Readonly<Record<string, string>>;
  /** Decrypts what begins with `{cipher}`. */
  decrypt?: (source: ReadonlyMap<string, OriginValue>) => ReadonlyMap<string, OriginValue>;
  /** Most environments kept, each for one application, profiles and label. Default 2,000. */
  maxCached?: number;
}

interface Kept {
  treeId: string;
  looked: readonly string[];
  fingerprint: string;
  environment: Environment;
}

/** Answers what an application is configured with. Answers are kept while none of the files behind them changes. */
export class ConfigService {
  readonly repository: ConfigRepository;
  readonly files = new ParsedFiles();
  readonly #options: ConfigServiceOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #maxCached: number;

  constructor(options: ConfigServiceOptions) {
    this.repository = options.repository;
    this.#options = options;
    this.#maxCached = options.maxCached ?? 2_000;
  }

  /** Throws ConfigError: HW_CONFIG_NO_LABEL, HW_CONFIG_SYNTAX, HW_CONFIG_INVALID_PROPERTY … */
  async environment(request: EnvironmentRequest): Promise<Environment> {
    const labels = this.repository.kind === 'git' ? splitLabels(request.label) : [request.label];
    if (labels.length === 1) return this.#single({ ...request, label: labels[0]! }, request.label);
    const sources: PropertySource[] = [];
    let version = '';
    // The last label wins, as the real server has it.
    for (const label of labels.reverse()) {
      const environment = await this.#single({ ...request, label }, label);
      const own = environment.propertySources.filter(({ path }) => path !== undefined);
      sources.push(...own);
      version = [environment.version ?? '', version].filter((part) => part !== '').join(',');
    }
    return {
      name: request.application,
      profiles: [request.profiles],
      label: request.label,
      version,
      state: this.repository.kind === 'git' ? '' : null,
      propertySources: [...this.#overrides(), ...sources],
    };
  }

  /** The tree that a label's plain files come from, with the directories to search. */
  async place(request: EnvironmentRequest): Promise<{ tree: ConfigTree; locations: string[] }> {
    const tree = await this.repository.tree(request.label);
    return { tree, locations: await this.repository.locations(tree, request) };
  }

  async #single(request: EnvironmentRequest, label: string | null): Promise<Environment> {
    const tree = await this.repository.tree(request.label);
    const key = `${request.application}\0${request.profiles}\0${request.label ?? '\0'}`;
    const kept = this.#kept.get(key);
    const before = kept === undefined ? undefined : tree.fingerprint(kept.looked);
    if (kept !== undefined && kept.treeId === `${tree.id}@${tree.version}` && before === kept.fingerprint) {
      return kept.environment;
    }
    const locations = await this.repository.locations(tree, request);
    const found = await findConfigData(tree, this.files, {
      application: request.application,
      profiles: request.profiles,
      locations,
    });
    const decrypt = this.#options.decrypt ?? ((source) => source);
    const propertySources = found.sources.map(({ path, location, index, count, document }): PropertySource => {
      const source = new Map<string, OriginValue>();
      for (const [name, { value, line, column }] of document) source.set(name, { value, origin: `${line}:${column}` });
      const name = count === 1 ? tree.naming.file(path) : tree.naming.document(path, location, index);
      return { name, path, source: decrypt(source) };
    });
    const environment: Environment = {
      name: request.application,
      profiles: [request.profiles],
      label,
      version: tree.version,
      state: this.repository.kind === 'git' ? '' : null,
      propertySources: [...this.#overrides(), ...propertySources],
    };
    // A file that was saved while it was read: what was read may be the old one, and must not stand for the new one.
    const after = tree.fingerprint(found.looked);
    const isSettled = before === after && kept?.looked.join('\0') === found.looked.join('\0');
    this.#keep(key, {
      treeId: `${tree.id}@${tree.version}`,
      looked: found.looked,
      fingerprint: isSettled || tree.version !== null ? after : unsettled,
      environment,
    });
    return environment;
  }

  #overrides(): PropertySource[] {
    const { overrides } = this.#options;
    if (overrides === undefined || Object.keys(overrides).length === 0) return [];
    const source = new Map<string, OriginValue>();
    for (const [key, value] of Object.entries(overrides)) {
      source.set(key, { value: String(value).replaceAll('\\{', '{'), origin: 'Config server overrides' });
    }
    return [{ name: 'overrides', source }];
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    if (this.#kept.size > this.#maxCached) this.#kept.delete(this.#kept.keys().next().value!);
  }
}

/** No fingerprint is like it: the next one who asks looks again. */
const unsettled = 'unsettled';

function splitLabels(label: string | null): (string | null)[] {
  const labels = (label ?? '').split(',').filter((one) => one.trim() !== '');
  return labels.length === 0 ? [label] : labels;
}
