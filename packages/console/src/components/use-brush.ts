import { type PointerEvent, useState } from 'react';

/** A part of an element's width, each end from 0 to 1. */
export interface Brush {
  from: number;
  to: number;
}

/** Below this a drag is a click. */
const leastPx = 4;

/** Dragging over an element chooses a part of its width. The keyboard's way is the time control. */
export function useBrush(onChoose: (brush: Brush) => void): {
  brush: Brush | null;
  handlers: {
    onPointerDown: (event: PointerEvent<Element>) => void;
    onPointerMove: (event: PointerEvent<Element>) => void;
    onPointerUp: (event: PointerEvent<Element>) => void;
    onPointerCancel: () => void;
  };
} {
  const [drag, setDrag] = useState<{ start: number; at: number; width: number } | null>(null);
  const place = (event: PointerEvent<Element>): { at: number; width: number } => {
    const box = event.currentTarget.getBoundingClientRect();
    return { at: Math.min(1, Math.max(0, (event.clientX - box.left) / Math.max(1, box.width))), width: box.width };
  };
  const brush = drag && toBrush(drag);
  return {
    brush: drag && brush && (brush.to - brush.from) * drag.width >= leastPx ? brush : null,
    handlers: {
      onPointerDown: (event) => {
        if (event.button !== 0 || (event.target as Element).closest('button, a')) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const { at, width } = place(event);
        setDrag({ start: at, at, width });
      },
      onPointerMove: (event) => {
        if (drag) setDrag({ ...drag, ...place(event) });
      },
      onPointerUp: (event) => {
        if (!drag) return;
        const chosen = toBrush({ ...drag, ...place(event) });
        setDrag(null);
        if ((chosen.to - chosen.from) * drag.width >= leastPx) onChoose(chosen);
      },
      onPointerCancel: () => setDrag(null),
    },
  };
}

const toBrush = ({ start, at }: { start: number; at: number }): Brush => ({
  from: Math.min(start, at),
  to: Math.max(start, at),
});
