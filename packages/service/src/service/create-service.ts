import type { SettingsSchema } from '../config/settings-fields.ts';
import type { TopicTypes } from '../topic-definitions.ts';
import type { Service } from './service.ts';
import type { ServiceOptions } from './service-options.ts';

/**
 * A microservice in one file: found, configured, watched, protected and called like every other of the platform. Its configuration is there
 * when this resolves; `start()` (or `run()`, for a program that is this service) makes it listen.
 *
 * @throws SettingsError when the settings cannot be used; ServiceError HW_SERVICE_CONFIG_AWAY with `failFast`, HW_SERVICE_OPTION
 *
 * @example
 * const service = await createService({ name: 'greeter', settings: { greeting: 'Hello' } });
 * service.route('GET /hello/:name', {}, ({ params }) => ({ text: `${service.config.get().greeting}, ${params.name}` }));
 * await service.run();
 */
export async function createService<
  const S extends SettingsSchema = Record<never, never>,
  T extends { [N in keyof T]: TopicTypes } = Record<never, never>,
>(options: ServiceOptions<S, T>): Promise<Service<S, T>> {
  // Loaded when somebody makes a service: who uses typed topics alone does not wait for it.
  const { openService } = await import('./open-service.ts');
  return await openService(options);
}
