const text = { type: 'string' };
const texts = { type: 'object', additionalProperties: text };
const time = { type: ['number', 'null'] };

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
    value: { type: ['number', 'string', 'null'] },
    startsMs: { type: 'number' },
    endsMs: time,
    causeMs: time,
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
  readonly value: number | string | null;
  readonly startsMs: number;
  readonly endsMs: number | null;
  readonly causeMs: number | null;
}
