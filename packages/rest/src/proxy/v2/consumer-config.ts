import type { ConsumerOptions } from '@headwater/client';
import type { JsonObject } from '@headwater/serdes';
import { checkFields, integerField, textField } from '../fields.ts';
import { type EmbeddedFormat, isEmbeddedFormat } from '../media-types.ts';
import { unprocessable } from '../proxy-error.ts';

/** What `POST /consumers/{group}` asks for. */
export interface ConsumerConfig {
  name: string | undefined;
  format: EmbeddedFormat;
  autoOffsetReset: NonNullable<ConsumerOptions['autoOffsetReset']>;
  autoCommit: boolean;
  /** A read is answered when it has more than so many bytes; -1: when its time is up. */
  fetchMinBytes: number;
  /** How long a read may take. */
  requestTimeoutMs: number;
}

/** As in Confluent's `consumer.request.timeout.ms`. */
const requestTimeoutMsDefault = 1_000;
const requestTimeoutMsMax = 60_000;
const fetchMinBytesMax = 10_000_000;

/** @throws ProxyError 422: 42204 for a value that is not known, 40001 for a number out of its range */
export function readConsumerConfig(body: JsonObject): ConsumerConfig {
  checkFields(body, [
    'id',
    'name',
    'format',
    'auto.offset.reset',
    'auto.commit.enable',
    'fetch.min.bytes',
    'responseMinBytes',
    'consumer.request.timeout.ms',
    'requestWaitMs',
  ]);
  const format = (textField(body, 'format') ?? 'binary').toLowerCase();
  if (!isEmbeddedFormat(format)) throw unprocessable(422, 'Invalid format type.');
  const fetchMinBytes = integerField(body, 'fetch.min.bytes') ?? integerField(body, 'responseMinBytes') ?? -1;
  if (fetchMinBytes < -1 || fetchMinBytes > fetchMinBytesMax) {
    throw unprocessable(
      40001,
      `Invalid consumer configuration. It does not abide by the constraints: Invalid value ${fetchMinBytes} for configuration fetch.min.bytes: it must be from -1 to ${fetchMinBytesMax}`,
    );
  }
  const waitMs = integerField(body, 'consumer.request.timeout.ms') ?? integerField(body, 'requestWaitMs');
  return {
    // An id is the older word for it, and wins.
    name: textField(body, 'id') ?? textField(body, 'name'),
    format,
    autoOffsetReset: offsetReset(textField(body, 'auto.offset.reset') ?? 'latest'),
    autoCommit: autoCommit(textField(body, 'auto.commit.enable') ?? 'true'),
    fetchMinBytes,
    requestTimeoutMs: Math.min(Math.max(waitMs ?? requestTimeoutMsDefault, 0), requestTimeoutMsMax),
  };
}

function offsetReset(text: string): ConsumerConfig['autoOffsetReset'] {
  if (text === 'earliest' || text === 'latest') return text;
  if (text === 'none') return 'fail';
  const duration = /^by_duration:P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,3})\d*)?S)?)?$/.exec(text);
  if (duration !== null) {
    const [days, hours, minutes, seconds] = duration.slice(1, 5).map((part) => Number(part ?? 0));
    const agoMs =
      (((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000 + Number((duration[5] ?? '').padEnd(3, '0'));
    return { agoMs };
  }
  throw invalid(text, 'auto.offset.reset', 'earliest, latest, none or by_duration:<ISO 8601 duration>');
}

function autoCommit(text: string): boolean {
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  throw invalid(text, 'enable.auto.commit', 'true or false');
}

function invalid(value: string, name: string, allowed: string) {
  return unprocessable(
    42204,
    `Invalid consumer configuration: Invalid value ${value.slice(0, 60)} for configuration ${name}: it must be ${allowed}`,
  );
}
