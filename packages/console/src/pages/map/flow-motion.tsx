import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { paused } from '../../app/live.ts';
import { useIsStale } from '../../app/platform.ts';
import { useStore } from '../../app/store.ts';
import type { FlowGraph as Graph } from '../../flow/graph.ts';
import type { Picture } from './picture.ts';
import { RecordMotion } from './record-motion.ts';

/** Room for a dot beyond the ends of its edge. */
const dotMargin = 4;

/** The canvas of moving records, over the edges and under the nodes. */
export function Motion({
  graph,
  picture,
  isFaint,
  viewport,
  scale,
  offset,
}: {
  graph: Graph;
  picture: Picture;
  isFaint: (id: string) => boolean;
  viewport: React.RefObject<HTMLDivElement | null>;
  scale: number;
  offset: { x: number; y: number };
}): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [motion, setMotion] = useState<RecordMotion | null>(null);
  const isStill = [useStore(paused), useIsStale()].includes(true);

  useEffect(() => {
    if (!canvas.current) return;
    const created = new RecordMotion(canvas.current);
    setMotion(created);
    return () => created.close();
  }, []);

  useEffect(() => {
    if (!motion || !viewport.current) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    let isSeen = true;
    const update = (): void => motion.setAllowed(!still.matches && !document.hidden && isSeen && !isStill);
    const observer = new IntersectionObserver(([entry]) => {
      isSeen = entry?.isIntersecting ?? true;
      update();
    });
    observer.observe(viewport.current);
    still.addEventListener('change', update);
    document.addEventListener('visibilitychange', update);
    update();
    return () => {
      observer.disconnect();
      still.removeEventListener('change', update);
      document.removeEventListener('visibilitychange', update);
    };
  }, [motion, viewport, isStill]);

  useEffect(() => {
    if (!motion) return;
    const lanes = graph.edges.flatMap((edge) => {
      const path = picture.paths.get(edge.id);
      return path ? [{ id: edge.id, path, perSecond: edge.perSecond, isFaint: isFaint(edge.id) }] : [];
    });
    motion.setLanes(lanes);
  }, [motion, graph, picture, isFaint]);

  useLayoutEffect(() => {
    const element = viewport.current;
    if (!motion || !element) return;
    // The canvas covers what is seen of the edges, not more: every picture of it is painted whole.
    const place = (): void => {
      const { scrollLeft, scrollTop, clientWidth, clientHeight } = element;
      const x = Math.max(scrollLeft - offset.x, -dotMargin);
      const y = Math.max(scrollTop - offset.y, -dotMargin);
      const right = Math.min(scrollLeft + clientWidth - offset.x, picture.width * scale + dotMargin);
      const bottom = Math.min(scrollTop + clientHeight - offset.y, picture.height * scale + dotMargin);
      const width = Math.max(1, Math.ceil(right - x));
      const height = Math.max(1, Math.ceil(bottom - y));
      if (canvas.current) {
        canvas.current.style.width = `${width}px`;
        canvas.current.style.height = `${height}px`;
        canvas.current.style.transform = `scale(${1 / scale}) translate(${x}px, ${y}px)`;
      }
      motion.setView({ x, y, scale, width, height });
    };
    place();
    element.addEventListener('scroll', place, { passive: true });
    return () => element.removeEventListener('scroll', place);
  }, [motion, viewport, picture, scale, offset.x, offset.y]);

  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas without tabindex takes no focus; the edges' labels say the rates
  return <canvas className="flow-motion" ref={canvas} aria-hidden="true" />;
}
