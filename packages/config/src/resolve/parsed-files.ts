import { ConfigError } from '../config-error.ts';
import { parseProperties } from '../formats/java-properties.ts';
import { parseYaml } from '../formats/yaml-documents.ts';
import type { ConfigTree } from '../repository/config-tree.ts';
import type { PropertyDocument } from '../values.ts';

/** Extensions that hold properties, lowest precedence first. */
export const propertyExtensions = ['yaml', 'yml', 'properties'] as const;

/** What parsed files may take together, counted as bytes of their sources. */
const maxCachedBytes = 16 * 1024 * 1024;

/** Parses property files once for each content; the least recently used go first. */
export class ParsedFiles {
  readonly #files = new Map<string, { sizeBytes: number; documents: readonly PropertyDocument[] }>();
  #sizeBytes = 0;

  /** The documents of a file, or undefined when there is no such file. Throws HW_CONFIG_SYNTAX with file, line and column. */
  async load(tree: ConfigTree, path: string): Promise<readonly PropertyDocument[] | undefined> {
    const stamp = await tree.stamp(path);
    if (stamp === undefined) return undefined;
    const key = `${tree.version === null ? `${tree.id}\0${path}` : path}\0${stamp}`;
    const known = this.#files.get(key);
    if (known !== undefined) {
      this.#files.delete(key);
      this.#files.set(key, known);
      return known.documents;
    }
    const bytes = await tree.read(path);
    if (bytes === undefined) return undefined;
    const documents = parse(path, bytes);
    this.#files.set(key, { sizeBytes: bytes.length + 200, documents });
    this.#sizeBytes += bytes.length + 200;
    for (const [oldest, { sizeBytes }] of this.#files) {
      if (this.#sizeBytes <= maxCachedBytes) break;
      this.#files.delete(oldest);
      this.#sizeBytes -= sizeBytes;
    }
    return documents;
  }
}

/** The documents of a file by its extension. Throws HW_CONFIG_SYNTAX with file, line and column. */
export function parse(path: string, bytes: Uint8Array): PropertyDocument[] {
  try {
    if (path.endsWith('.properties')) return parseProperties(bytes);
    return parseYaml(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        .toString('utf8')
        .replace(/^\ufeff/, ''),
    );
  } catch (error) {
    if (error instanceof ConfigError) throw error.inFile(path);
    throw new ConfigError(
      'HW_CONFIG_SYNTAX',
      `${path}: not readable: ${(error as Error).message}`,
      { file: path },
      error,
    );
  }
}
