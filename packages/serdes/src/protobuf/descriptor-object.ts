/** Values of the messages of google/protobuf/descriptor.proto, as the codec has them. */
export interface FileDescriptor {
  name?: string;
  package?: string;
  dependency: string[];
  publicDependency: number[];
  weakDependency: number[];
  messageType: MessageDescriptor[];
  enumType: EnumDescriptor[];
  service: ServiceDescriptor[];
  extension: FieldDescriptor[];
  options?: Options;
  syntax?: string;
  edition?: string | number;
}

export type Options = Record<string, unknown>;

export interface MessageDescriptor {
  name?: string;
  field: FieldDescriptor[];
  extension: FieldDescriptor[];
  nestedType: MessageDescriptor[];
  enumType: EnumDescriptor[];
  extensionRange: { start?: number; end?: number; options?: Options }[];
  oneofDecl: { name?: string; options?: Options }[];
  options?: Options;
  reservedRange: { start?: number; end?: number }[];
  reservedName: string[];
}

export interface FieldDescriptor {
  name?: string;
  number?: number;
  label?: string;
  type?: string;
  typeName?: string;
  extendee?: string;
  defaultValue?: string;
  oneofIndex?: number;
  jsonName?: string;
  options?: Options;
  proto3Optional?: boolean;
}

export interface EnumDescriptor {
  name?: string;
  value: { name?: string; number?: number; options?: Options }[];
  options?: Options;
  reservedRange: { start?: number; end?: number }[];
  reservedName: string[];
}

export interface ServiceDescriptor {
  name?: string;
  method: {
    name?: string;
    inputType?: string;
    outputType?: string;
    options?: Options;
    clientStreaming?: boolean;
    serverStreaming?: boolean;
  }[];
  options?: Options;
}
