import { ConfigError } from '../config-error.ts';
import type { ConfigTree } from '../repository/config-tree.ts';
import { type PropertyDocument, textOf } from '../values.ts';
import { byPrecedence, Contributor, takeProfileFiles } from './contributor.ts';
import { type ParsedFiles, propertyExtensions } from './parsed-files.ts';
import { resolveProperty } from './placeholders.ts';
import { checkProfile, expandProfiles, requestedProfiles } from './profiles.ts';
import { profileSwitch, springGroups, springList } from './property-names.ts';

/** More imports than this and a repository imports itself in some way that the rules do not see. */
const maxFiles = 5_000;

export interface ConfigDataRequest {
  application: string;
  /** As asked, with commas. */
  profiles: string;
  /** Directories to search, each `''` or ending in `/`; later ones win. */
  locations: readonly string[];
}

/** One document that holds for the request. */
export interface FoundSource {
  path: string;
  location: string;
  index: number;
  count: number;
  document: PropertyDocument;
}

export interface FoundConfigData {
  /** The winner first. */
  sources: FoundSource[];
  /** Every file that was looked for, there or not: the answer stands while none of them changes. */
  looked: string[];
}

/**
 * Finds the documents for an application and its profiles and puts them in order, by the rules of Spring Boot's config data
 * (which the real server asks for this): see README.md, "Which value wins".
 *
 * Throws HW_CONFIG_SYNTAX, HW_CONFIG_INVALID_PROPERTY.
 */
export async function findConfigData(
  tree: ConfigTree,
  files: ParsedFiles,
  request: ConfigDataRequest,
): Promise<FoundConfigData> {
  const finder = new Finder(tree, files, request);
  const sources = await finder.find();
  return { sources, looked: [...finder.looked] };
}

interface Candidate {
  path: string;
  location: string;
  isProfileFile: boolean;
}

class Finder {
  readonly looked = new Set<string>();
  readonly #tree: ConfigTree;
  readonly #files: ParsedFiles;
  readonly #locations: readonly string[];
  readonly #names: readonly string[];
  readonly #requested: readonly string[];
  /** When no profile is asked for, files do not switch profiles on: the client asks again with what it activated. */
  readonly #isWithoutProfiles: boolean;
  readonly #fixed: ReadonlyMap<string, string>;
  readonly #loaded = new Set<string>();
  #accepted: ReadonlySet<string> | undefined;
  /** The search locations' own documents: of profile files, and plain ones. */
  #after: Contributor[] = [];
  #before: Contributor[] = [];

  constructor(tree: ConfigTree, files: ParsedFiles, request: ConfigDataRequest) {
    this.#tree = tree;
    this.#files = files;
    this.#locations = request.locations;
    this.#requested = requestedProfiles(request.profiles);
    this.#isWithoutProfiles = this.#requested[0]!.toLowerCase() === 'default';
    const names = request.application === 'application' ? 'application' : `application,${request.application}`;
    this.#names = [...new Set(names.split(',').map((name) => name.trim()))].filter((name) => name !== '');
    this.#fixed = new Map([
      ['spring.profiles.active', request.profiles],
      ['spring.config.name', names],
    ]);
  }

  async find(): Promise<FoundSource[]> {
    const plain = this.#locations.flatMap((location) =>
      this.#names.flatMap((name) => this.#candidates(location + name, undefined, location)),
    );
    this.#before = await this.#load(plain);
    await this.#import('before');
    const profiles = this.#profiles();
    this.#accepted = new Set(profiles);
    // What plain files import for profiles is known before the profile files are, and stands above them.
    await this.#import('after');
    const profileFiles = profiles.flatMap((profile) =>
      this.#locations.flatMap((location) =>
        this.#names.flatMap((name) => this.#candidates(location + name, profile, location)),
      ),
    );
    this.#after = await this.#load(profileFiles);
    this.#after.unshift(...takeProfileFiles(this.#before));
    await this.#import('after');
    const sources: FoundSource[] = [];
    for (const contributor of this.#all()) {
      this.#refuseForbidden(contributor);
      if (!contributor.isActive(this.#accepted)) continue;
      const { path, location, index, count, document } = contributor;
      if (this.#locations.some((searched) => path.startsWith(searched))) {
        sources.push({ path, location, index, count, document });
      }
    }
    return sources;
  }

  *#all(): Generator<Contributor> {
    yield* byPrecedence(this.#after);
    yield* byPrecedence(this.#before);
  }

  #candidates(root: string, profile: string | undefined, location: string): Candidate[] {
    const stem = profile === undefined ? root : `${root}-${profile}`;
    return propertyExtensions.map((extension) => ({
      path: `${stem}.${extension}`,
      location,
      isProfileFile: profile !== undefined,
    }));
  }

  /** Loads what is there and not loaded yet; later candidates win, and of one file the later documents. */
  async #load(candidates: readonly Candidate[]): Promise<Contributor[]> {
    const contributors: Contributor[] = [];
    for (const candidate of [...candidates].reverse()) {
      const { path } = candidate;
      if (this.#loaded.has(path) || path.split('/').includes('..')) continue;
      this.looked.add(path);
      const documents = await this.#files.load(this.#tree, path);
      if (documents === undefined) continue;
      this.#loaded.add(path);
      if (this.#loaded.size > maxFiles) {
        throw new ConfigError('HW_CONFIG_TOO_LARGE', `more than ${maxFiles} files for one request`);
      }
      for (let i = documents.length - 1; i >= 0; i--) {
        contributors.push(new Contributor(candidate, documents[i]!, i, documents.length));
      }
    }
    for (const contributor of contributors) this.#bind(contributor, contributors);
    return contributors;
  }

  #bind(contributor: Contributor, beside: readonly Contributor[]): void {
    const lookup = (key: string): string | undefined => {
      const fixed = this.#fixed.get(key);
      if (fixed !== undefined) return fixed;
      for (const one of [...this.#all(), ...beside]) {
        const property = one.document.get(key);
        if (property !== undefined && (one === contributor || one.isActive(this.#accepted)))
          return textOf(property.value);
      }
      return undefined;
    };
    contributor.bind((text) => resolveProperty(text, lookup));
  }

  /** Follows `spring.config.import` until nothing is left to load. */
  async #import(phase: 'before' | 'after'): Promise<void> {
    for (;;) {
      const next = this.#nextWithImports(phase);
      if (next === undefined) return;
      const profiles = this.#accepted === undefined ? [] : [...this.#accepted];
      const plain: Candidate[] = [];
      const special: Candidate[] = [];
      for (const location of next.imports) {
        plain.push(...this.#importCandidates(next, location, undefined));
        for (const profile of profiles) special.push(...this.#importCandidates(next, location, profile));
      }
      next[phase] = [];
      next[phase] = await this.#load([...plain, ...special]);
      if (phase === 'after' && next.before !== undefined) next.after!.unshift(...takeProfileFiles(next.before));
    }
  }

  #nextWithImports(phase: 'before' | 'after'): Contributor | undefined {
    for (const contributor of this.#all()) {
      if (contributor.imports.length === 0 || contributor[phase] !== undefined) continue;
      if (contributor.isActive(this.#accepted)) return contributor;
    }
    return undefined;
  }

  /** Imports of files and directories beside the importer; others (`configtree:`, `classpath:`, absolute ones) lead out of the repository. */
  #importCandidates(from: Contributor, text: string, profile: string | undefined): Candidate[] {
    return text.split(';').flatMap((part) => {
      const location = part.trim();
      const path = location.replace(/^optional:/, '').replace(/^(?:resource:)?(?:file:(?!\/))?(?:\.\/)?/, '');
      if (path === '' || path.startsWith('/') || /^[a-zA-Z][a-zA-Z0-9*]*:/.test(path)) return [];
      const root = from.path.slice(0, from.path.lastIndexOf('/') + 1) + path;
      if (path.endsWith('/')) return this.#names.flatMap((name) => this.#candidates(root + name, profile, location));
      const extension = propertyExtensions.find((one) => path.endsWith(`.${one}`));
      if (extension === undefined) {
        throw from.told(
          new ConfigError(
            'HW_CONFIG_INVALID_PROPERTY',
            `"${location}" is neither a known kind of file nor ends in "/"`,
          ),
          'spring.config.import',
        );
      }
      const stem = root.slice(0, -extension.length - 1);
      const file = profile === undefined ? root : `${stem}-${profile}.${extension}`;
      return [{ path: file, location, isProfileFile: profile !== undefined }];
    });
  }

  /** The profiles that hold: those asked for, those that files include, and the members of their groups. */
  #profiles(): string[] {
    const groups = new Map<string, string[]>();
    const included = new Set<string>();
    if (!this.#isWithoutProfiles) {
      for (const contributor of this.#all()) {
        const { document } = contributor;
        const switches = ['spring.profiles.include', 'spring.profiles.active', 'spring.profiles.default'];
        const found = contributor.isConditional ? profileSwitch(document, switches) : undefined;
        if (found !== undefined) {
          throw new ConfigError(
            'HW_CONFIG_INVALID_PROPERTY',
            'a document with spring.config.activate cannot switch profiles: move this to one without',
            { line: found.line, column: found.column },
          ).inFile(contributor.path);
        }
        if (contributor.isConditional) continue;
        const resolve = (text: string) => resolveProperty(text, (key) => this.#fixed.get(key));
        for (const profile of springList(document, 'spring.profiles.include', resolve) ?? []) {
          checkProfile(profile);
          included.add(profile);
        }
        for (const [name, members] of springGroups(document, resolve)) {
          members.forEach(checkProfile);
          if (!groups.has(name)) groups.set(name, members);
        }
      }
    }
    return expandProfiles([...new Set([...this.#requested, ...included])], groups);
  }

  /** Keys that Boot refuses wherever they stand, or in files of a profile. */
  #refuseForbidden(contributor: Contributor): void {
    const legacy = profileSwitch(contributor.document, ['spring.profiles']);
    if (legacy !== undefined) {
      throw new ConfigError(
        'HW_CONFIG_INVALID_PROPERTY',
        'spring.profiles is no longer taken: write spring.config.activate.on-profile',
        { line: legacy.line, column: legacy.column },
      ).inFile(contributor.path);
    }
    if (!contributor.isProfileFile || this.#isWithoutProfiles) return;
    const names = ['spring.profiles.include', 'spring.profiles.active', 'spring.profiles.default'];
    const found = profileSwitch(contributor.document, names);
    if (found !== undefined) {
      throw new ConfigError('HW_CONFIG_INVALID_PROPERTY', 'a file of a profile cannot switch profiles', {
        line: found.line,
        column: found.column,
      }).inFile(contributor.path);
    }
  }
}
