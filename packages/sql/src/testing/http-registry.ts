import { createRegistryClient, type SchemaSource } from '@headwater/serdes';
import type { TestRegistry } from './register-schemas.ts';

/** A schema registry that nobody else uses. Schemas are what cases bring; whether they get on with each other is no matter there. */
export async function httpRegistry(url: string): Promise<TestRegistry & { close(): void }> {
  const client = createRegistryClient({ url, latestTtlMs: 0 });
  await call(url, 'PUT', '/config', { compatibility: 'NONE' });
  return {
    client,
    async register(subject, source, id) {
      if (id === undefined) return (await client.register(subject, source)).id;
      const path = encodeURIComponent(subject);
      await call(url, 'PUT', `/mode/${path}?force=true`, { mode: 'IMPORT' });
      await call(url, 'POST', `/subjects/${path}/versions`, { ...bodyOf(source), id });
      await call(url, 'PUT', `/mode/${path}?force=true`, { mode: 'READWRITE' });
      return id;
    },
    close: () => client.close(),
  };
}

function bodyOf({ references, schema, schemaType }: SchemaSource): Record<string, unknown> {
  return { schema, schemaType, references };
}

async function call(url: string, method: string, path: string, body: Record<string, unknown>): Promise<void> {
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
}
