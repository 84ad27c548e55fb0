import { join, resolve } from 'node:path';
import type { LogsOptions, TailedFiles } from '@headwater/telemetry';
import { HeadwaterError } from '../headwater-error.ts';
import type { Ground } from './ground.ts';

export async function startLogs(ground: Ground): Promise<void> {
  const { host, settings } = ground.configuration.parts.logs;
  const { startLogs } = await import('@headwater/telemetry');
  const logs = await startLogs({
    bootstrap: ground.needed('kafka', 'logs'),
    ...ground.registryUrlFor('logs'),
    ...(ground.addresses.search === undefined ? {} : { searchUrl: ground.needed('search', 'logs') }),
    index: indexOf(settings),
    ...(settings['topic'] === undefined ? {} : { topic: String(settings['topic']) }),
    ...filesOf(settings['files'], ground),
    host,
    ...(await syslogPort(ground, host, settings['syslogPort'])),
    port: Number(ground.addresses.logs!.slice(ground.addresses.logs!.lastIndexOf(':') + 1)),
    security: ground.security.http('logs'),
    logger: ground.logger('logs'),
  });
  ground.onClose('logs', () => logs.close());
  ground.addresses.logs = logs.address;
  ground.logsUrl = logs.url;
}

/** `logs.files`: what is read as it grows; paths count from where headwater.yaml is. */
function filesOf(setting: unknown, { configuration }: Ground): Pick<LogsOptions, 'files' | 'placesFile'> {
  if (setting === undefined || setting === null) return {};
  const files = (Array.isArray(setting) ? setting : [setting]) as TailedFiles[];
  const wrong = files.find((file) => typeof file !== 'object' || file === null || typeof file.path !== 'string');
  if (wrong !== undefined)
    throw new HeadwaterError(
      'HW_CONFIG_KEY',
      `logs.files must be a list such as [{ path: /var/log/app/*.log, service: app }], not ${JSON.stringify(setting)}`,
    );
  return {
    files: files.map((file) => ({ ...file, path: resolve(configuration.baseDir, file.path) })),
    placesFile: join(configuration.dataDir, 'logs', 'places.json'),
  };
}

/** `logs.pipeline`, `logs.indexDays`, `logs.indexDocuments`: what of the log is found in the query store. */
function indexOf(settings: Readonly<Record<string, unknown>>): NonNullable<LogsOptions['index']> {
  const { indexDays, indexDocuments, pipeline } = settings;
  return {
    ...(pipeline !== undefined && { pipeline: pipeline as NonNullable<LogsOptions['index']>['pipeline'] }),
    ...(indexDays !== undefined && { daysMax: Number(indexDays) }),
    ...(indexDocuments !== undefined && { documentsMax: Number(indexDocuments) }),
  };
}

const syslogPortDefault = 5514;

/** `logs.syslogPort`, moved like other ports when it is taken; `false`: none. */
async function syslogPort(ground: Ground, host: string, setting: unknown): Promise<{ syslogPort?: number }> {
  if (setting === false || setting === 'false') return {};
  const wanted = setting === undefined ? (ground.configuration.isPortsAuto ? 0 : syslogPortDefault) : Number(setting);
  if (!(Number.isInteger(wanted) && wanted >= 0 && wanted <= 65_535))
    throw new HeadwaterError(
      'HW_CONFIG_PORT',
      `logs.syslogPort must be a number from 0 to 65535, or false, not "${String(setting)}"`,
    );
  return { syslogPort: await ground.choosePort('Syslog', host, wanted) };
}
