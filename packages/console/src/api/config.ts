/** Answers of the configuration part. */
export interface ConfigCatalogue {
  repository: { kind: 'folder' | 'git'; address: string; defaultLabel: string; version: string | null };
  applications: { name: string; profiles: string[] }[];
  labels: string[];
}

export interface ConfigPlace {
  source: string;
  path: string | null;
  origin: string | null;
  value: string | number | boolean;
}

export interface ConfigKey extends ConfigPlace {
  key: string;
  resolved?: string;
  overridden: ConfigPlace[];
}

export interface ConfigExplained {
  application: string;
  profiles: string;
  label: string | null;
  version: string | null;
  sources: { name: string; path: string | null }[];
  keys: ConfigKey[];
}

export interface ConfigKeyChange {
  key: string;
  kind: 'added' | 'changed' | 'removed';
}

export interface ConfigHistory {
  entries: {
    timestampMs: number;
    label: string | null;
    version: string | null;
    author: string | null;
    message: string | null;
    files: { path: string; kind: ConfigKeyChange['kind']; keys?: ConfigKeyChange[] }[];
  }[];
  next: string | null;
}

export interface ConfigDifferences {
  changes: (ConfigKeyChange & { from: ConfigPlace['value'] | null; to: ConfigPlace['value'] | null })[];
}

export interface ConfigReaders {
  readers: {
    application: string;
    profiles: string;
    label: string | null;
    how: string;
    address: string;
    userAgent: string | null;
    version: string | null;
    lastMs: number;
    count: number;
  }[];
}
