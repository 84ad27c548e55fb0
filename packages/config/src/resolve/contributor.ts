import { ConfigError } from '../config-error.ts';
import { type PropertyDocument, textOf } from '../values.ts';
import { matchesProfileExpression } from './profile-expression.ts';
import { springList, springProperty } from './property-names.ts';

/** One document that was found, with what it imports. The tree of them gives the order of precedence. */
export class Contributor {
  readonly path: string;
  /** Place of the document in its file, and how many the file has. */
  readonly index: number;
  readonly count: number;
  /** The search location or import that led here. */
  readonly location: string;
  readonly document: PropertyDocument;
  /** From a file named by a profile (`orders-dev.yml`). */
  readonly isProfileFile: boolean;
  isMoved = false;
  before: Contributor[] | undefined;
  after: Contributor[] | undefined;
  imports: readonly string[] = [];
  #onProfile: readonly string[] = [];
  #isOnCloudPlatform = false;

  constructor(
    found: { path: string; location: string; isProfileFile: boolean },
    document: PropertyDocument,
    index: number,
    count: number,
  ) {
    this.path = found.path;
    this.location = found.location;
    this.isProfileFile = found.isProfileFile;
    this.document = document;
    this.index = index;
    this.count = count;
  }

  /** Reads what the document says of itself: when it holds, and what it imports. */
  bind(resolve: (text: string) => string): void {
    this.#onProfile = springList(this.document, 'spring.config.activate.on-profile', resolve) ?? [];
    const platform = springProperty(this.document, 'spring.config.activate.on-cloud-platform');
    // As the real server outside of a cloud: documents for one do not hold.
    this.#isOnCloudPlatform = platform !== undefined && textOf(platform.value).toLowerCase() !== 'none';
    this.imports = springList(this.document, 'spring.config.import', resolve) ?? [];
  }

  get isConditional(): boolean {
    return this.#isOnCloudPlatform || this.#onProfile.length > 0;
  }

  /** Whether the document holds; `accepted` is undefined while profiles are not known yet. */
  isActive(accepted: ReadonlySet<string> | undefined): boolean {
    if (this.#isOnCloudPlatform) return false;
    if (this.#onProfile.length === 0) return true;
    if (accepted === undefined) return false;
    try {
      return this.#onProfile.some((expression) => matchesProfileExpression(expression, (name) => accepted.has(name)));
    } catch (error) {
      throw error instanceof ConfigError ? this.told(error) : error;
    }
  }

  /** An error, told of this document's file. */
  told(error: ConfigError, key = 'spring.config.activate.on-profile'): ConfigError {
    const property = springProperty(this.document, key);
    const { line, column } = property ?? {};
    return new ConfigError(
      error.code,
      error.message,
      line === undefined ? {} : { line, column: column! },
      error,
    ).inFile(this.path);
  }
}

/** Contributors by precedence, the winner first: what a document imports comes before itself, profile files before plain ones. */
export function* byPrecedence(contributors: readonly Contributor[]): Generator<Contributor> {
  for (const contributor of contributors) {
    yield* byPrecedence(contributor.after ?? []);
    yield* byPrecedence(contributor.before ?? []);
    yield contributor;
  }
}

/** Takes profile files that plain documents imported out of them: they win over all plain files, not only over their importer. */
export function takeProfileFiles(contributors: readonly Contributor[]): Contributor[] {
  const taken: Contributor[] = [];
  for (const contributor of contributors) {
    for (const children of [contributor.before, contributor.after]) {
      if (children === undefined) continue;
      for (const child of children.filter((one) => one.isProfileFile && !one.isMoved)) {
        child.isMoved = true;
        taken.push(child);
        children.splice(children.indexOf(child), 1);
      }
    }
  }
  return taken;
}
