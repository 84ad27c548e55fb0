import { type Serde, sessionWindowedSerde, timeWindowedSerde, type Windowed } from '@headwater/streams';
import type { RowCodec } from './format.ts';

/** The window of a topic's keys: hopping and tumbling ones of a size, sessions with an end of their own. */
export type KeyWindow = { readonly kind: 'time'; readonly sizeMs: number } | { readonly kind: 'session' };

/** Keys with a window behind them: the start (8 bytes), of sessions the end (8) and the start. */
export function windowedKeySerde(codec: RowCodec, window: KeyWindow): Serde<Windowed<readonly unknown[]>> {
  const [serde, windowBytes] =
    window.kind === 'time' ? [timeWindowedSerde(codec, window.sizeMs), 8] : [sessionWindowedSerde(codec), 16];
  if (codec.prepare === undefined) return serde;
  return { ...serde, prepare: (data, start, end, topic) => codec.prepare!(data, start, end - windowBytes, topic) };
}
