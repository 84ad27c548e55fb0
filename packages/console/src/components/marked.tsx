import type { ReactNode } from 'react';
import type { Segment } from '../format/highlight.ts';

export function Marked({ segments }: { segments: readonly Segment[] }): ReactNode {
  return segments.map((segment, index) => (segment.isHit ? <mark key={index}>{segment.text}</mark> : segment.text));
}
