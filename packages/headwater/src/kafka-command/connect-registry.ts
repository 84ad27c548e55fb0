import { createRegistryClient, type RegistryClient } from '@headwater/serdes';
import { loadConfiguration } from '../configuration.ts';
import { HeadwaterError } from '../headwater-error.ts';
import type { CommandContext } from './command-context.ts';

export const registryUsage = `  --registry URL           http://host:8081, user:password@ before the host where it asks for them
                           (default: HEADWATER_REGISTRY_URL, headwater.yaml, or http://127.0.0.1:8081)`;

/** A person waits. */
const patience = { requestTimeoutMs: 5_000, retries: 1 };

/** The registry that the flag, the environment or headwater.yaml name. Nothing is asked yet. Close it. Throws HW_CLI_REGISTRY. */
export function connectRegistry(given: string | undefined, { env, cwd }: CommandContext): RegistryClient {
  const url = given ?? (env['HEADWATER_REGISTRY_URL'] || configuredRegistry(env, cwd));
  try {
    return createRegistryClient({ url, ...patience });
  } catch (cause) {
    throw new HeadwaterError('HW_CLI_REGISTRY', (cause as Error).message, cause);
  }
}

function configuredRegistry(env: NodeJS.ProcessEnv, cwd: string): string {
  const { url, host, port } = loadConfiguration({}, env, cwd).parts.registry;
  return url ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
