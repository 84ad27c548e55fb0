/** Space around the picture. */
export const margin = 24;

/** Scrolls no more than it takes to see the box beside the panel. */
export function scrollIntoSight(
  element: HTMLElement,
  box: { x: number; y: number; width: number; height: number },
  panelSpace: number,
): void {
  const { scrollLeft, scrollTop, clientWidth, clientHeight } = element;
  const left = within(scrollLeft, box.x + box.width + margin - (clientWidth - panelSpace), box.x - margin);
  const top = within(scrollTop, box.y + box.height + margin - clientHeight, box.y - margin);
  if (left === scrollLeft && top === scrollTop) return;
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
  element.scrollTo({ left, top, behavior: isStill ? 'auto' : 'smooth' });
}

const within = (value: number, min: number, max: number): number => Math.max(0, Math.min(Math.max(value, min), max));

/** Zoom by pinching (or Ctrl and the wheel), pan by dragging the ground; returns how to stop. */
export function watchHands(element: HTMLElement, zoomBy: (factor: number) => void): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  let drag: { x: number; y: number } | null = null;
  // Not through React: its wheel listeners are passive, and the whole page would zoom as well.
  const wheel = (event: WheelEvent): void => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 1.1 : 0.9);
  };
  element.addEventListener('wheel', wheel, { passive: false, signal });
  const begin = (event: PointerEvent): void => {
    if (event.pointerType !== 'mouse' || (event.target as Element).closest('button, .flow-edge')) return;
    drag = { x: event.clientX + element.scrollLeft, y: event.clientY + element.scrollTop };
    element.setPointerCapture(event.pointerId);
  };
  element.addEventListener('pointerdown', begin, { signal });
  const pan = (event: PointerEvent): void => {
    if (drag) element.scrollTo(drag.x - event.clientX, drag.y - event.clientY);
  };
  element.addEventListener('pointermove', pan, { signal });
  const end = (): void => {
    drag = null;
  };
  element.addEventListener('pointerup', end, { signal });
  element.addEventListener('pointercancel', end, { signal });
  return () => stop.abort();
}
