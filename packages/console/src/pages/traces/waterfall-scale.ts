/** The part of the trace that is in sight, in microseconds after its start. */
export interface Zoom {
  fromUs: number;
  toUs: number;
}

/** `?zoom=1000-250000`; what makes no sense is the whole trace. */
export function readZoom(text: string | null, durationUs: number): Zoom {
  const whole = { fromUs: 0, toUs: Math.max(1, durationUs) };
  const [, from, to] = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? '') ?? [];
  if (from === undefined || to === undefined) return whole;
  const fromUs = Math.min(Number(from), whole.toUs);
  const toUs = Math.min(Number(to), whole.toUs);
  return fromUs < toUs ? { fromUs, toUs } : whole;
}

export const zoomParam = ({ fromUs, toUs }: Zoom, durationUs: number): string | null =>
  fromUs <= 0 && toUs >= durationUs ? null : `${Math.floor(fromUs)}-${Math.ceil(toUs)}`;

/** Where a time lies in the part in sight, in percent; outside of it below 0 or above 100. */
export const percentOf = (us: number, { fromUs, toUs }: Zoom): number => ((us - fromUs) / (toUs - fromUs)) * 100;
