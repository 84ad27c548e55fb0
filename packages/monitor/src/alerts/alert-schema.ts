const text = { type: 'string' };
const texts = { type: 'object', additionalProperties: text };
const numberOrNull = { type: ['number', 'null'] };

export const alertsTopic = 'headwater-alerts';

/** JSON Schema of the values of `headwater-alerts`. */
export const alertSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Alert',
  type: 'object',
  properties: {
    timestampMs: { type: 'number' },
    fingerprint: text,
    rule: text,
    state: { type: 'string', enum: ['pending', 'firing', 'resolved'] },
    severity: text,
    labels: texts,
    annotations: texts,
    value: numberOrNull,
    startsMs: { type: 'number' },
    endsMs: numberOrNull,
    causeMs: numberOrNull,
  },
  required: ['timestampMs', 'fingerprint', 'rule', 'state', 'severity', 'labels', 'annotations', 'startsMs'],
} as const;

/** A change of an alert, as it stands on `headwater-alerts`. */
export interface AlertEvent {
  readonly timestampMs: number;
  readonly fingerprint: string;
  readonly rule: string;
  readonly state: 'pending' | 'firing' | 'resolved';
  readonly severity: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** What was measured; null: it was no number. */
  readonly value: number | null;
  readonly startsMs: number;
  readonly endsMs: number | null;
  readonly causeMs: number | null;
}
