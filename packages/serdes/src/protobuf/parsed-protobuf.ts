import type { ParsedSchema, ReferencedTexts } from '../schema.ts';
import { SchemaError } from '../schema-error.ts';
import { checkProto } from './check-proto.ts';
import { decodeFile, encodeFile } from './file-bytes.ts';
import { normalizeProto } from './normalize-proto.ts';
import { parseProto } from './parse-proto.ts';
import { printProto } from './print-proto.ts';
import type { ProtoFile } from './proto-file.ts';
import { ProtoNames } from './proto-names.ts';
import { wellKnownFiles } from './well-known-files.ts';
import { withoutExtensions } from './without-extensions.ts';

/** A `.proto` file that was understood, with what it imports. */
export class ParsedProtobufSchema implements ParsedSchema {
  readonly schemaType = 'PROTOBUF';
  readonly file: ProtoFile;
  /** The files that references gave, by the name they are imported by. */
  readonly imported: ReadonlyMap<string, ProtoFile>;
  readonly names: ProtoNames;
  readonly canonical: string;

  /** @throws SchemaError with line and column, or with the name of what is wrong */
  constructor(text: string, references: ReferencedTexts = new Map()) {
    const imported = new Map<string, ProtoFile>();
    for (const [name, each] of references) imported.set(name, parsedReference(name, each, imported));
    this.imported = imported;
    this.file = readFile(text, imported);
    this.names = new ProtoNames([...imported.values(), this.file]);
    checkProto(this.file, this.names);
    this.canonical = printProto(this.file);
  }

  /**
   * The file whose messages records are made of: a file that does nothing but import another one publicly stands for that one.
   */
  get effectiveFile(): ProtoFile {
    const { file } = this;
    const isEmpty = [file.messages, file.enums, file.imports, file.services, file.extends].every(
      (each) => each.length === 0,
    );
    if (!isEmpty || file.publicImports.length !== 1) return file;
    const name = file.publicImports[0]!;
    return this.imported.get(name) ?? wellKnownFiles().get(name) ?? file;
  }

  get fullName(): string | undefined {
    const { messages, enums, package: packageName } = this.effectiveFile;
    const first = messages[0] ?? enums[0];
    if (first === undefined || packageName === undefined) return first?.name;
    return `${packageName}.${first.name}`;
  }

  normalized(): string {
    return printProto(normalizeProto(this.file, this.names));
  }

  formatted(format: string): string | undefined {
    switch (format.toLowerCase()) {
      case '':
      case 'default':
        return this.canonical;
      case 'ignore_extensions':
        return printProto(withoutExtensions(this.file));
      case 'serialized':
        return encodeFile(this.file, this.names).toString('base64');
      default:
        return undefined;
    }
  }
}

/** What is no text of a `.proto` file may be a FileDescriptorProto in base64. */
function readFile(text: string, imported: ReadonlyMap<string, ProtoFile>): ProtoFile {
  try {
    return parseProto(text);
  } catch (error) {
    const trimmed = text.trim();
    if (!(error instanceof SchemaError) || !/^[A-Za-z0-9+/]+={0,2}$/.test(trimmed)) throw error;
    const bytes = Buffer.from(trimmed, 'base64');
    const file = decodeFile(bytes, new ProtoNames(imported.values()));
    if (file === undefined) throw error;
    // Options may be extensions of the file itself: once it is known they can be read.
    return decodeFile(bytes, new ProtoNames([...imported.values(), file])) ?? file;
  }
}

function parsedReference(name: string, text: string, imported: ReadonlyMap<string, ProtoFile>): ProtoFile {
  try {
    return readFile(text, imported);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    throw new SchemaError(`The reference ${name} is no Protobuf file: ${error.message}`, '', { cause: error });
  }
}
