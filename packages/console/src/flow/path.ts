import type { Point } from './layout.ts';

/** An edge as a curve: an SVG path to draw, and points at equal distances to move records along. */
export interface EdgePath {
  d: string;
  length: number;
  /** Flat `x, y, x, y …`, one point every `stepPx` along the curve. */
  samples: Float32Array;
  stepPx: number;
}

const stepPx = 4;
const segmentSteps = 24;

/** Pairs of points are joined by curves that leave and arrive along the flow; bends run straight. */
export function edgePath(points: Point[], direction: 'right' | 'down'): EdgePath {
  const first = points[0] ?? { x: 0, y: 0 };
  let d = `M${round(first.x)} ${round(first.y)}`;
  const dense: Point[] = [first];
  for (let index = 1; index < points.length; index += 1) {
    const a = points[index - 1] as Point;
    const b = points[index] as Point;
    const isStraight = direction === 'right' ? a.y === b.y : a.x === b.x;
    if (isStraight) {
      d += `L${round(b.x)} ${round(b.y)}`;
      dense.push(b);
      continue;
    }
    const [c1, c2] = controls(a, b, direction);
    d += `C${round(c1.x)} ${round(c1.y)} ${round(c2.x)} ${round(c2.y)} ${round(b.x)} ${round(b.y)}`;
    for (let step = 1; step <= segmentSteps; step += 1) dense.push(bezier(a, c1, c2, b, step / segmentSteps));
  }
  return { d, stepPx, ...resample(dense) };
}

/** A point along the curve. @param share of its length, 0 to 1 */
export function pointAt(path: EdgePath, share: number): Point {
  const index = Math.min(Math.floor((path.samples.length / 2) * share), path.samples.length / 2 - 1) * 2;
  return { x: path.samples[index] ?? 0, y: path.samples[index + 1] ?? 0 };
}

function controls(a: Point, b: Point, direction: 'right' | 'down'): [Point, Point] {
  if (direction === 'right') {
    const middle = (a.x + b.x) / 2;
    return [
      { x: middle, y: a.y },
      { x: middle, y: b.y },
    ];
  }
  const middle = (a.y + b.y) / 2;
  return [
    { x: a.x, y: middle },
    { x: b.x, y: middle },
  ];
}

function bezier(a: Point, c1: Point, c2: Point, b: Point, t: number): Point {
  const u = 1 - t;
  const at = (p: number, q: number, r: number, s: number): number =>
    u * u * u * p + 3 * u * u * t * q + 3 * u * t * t * r + t * t * t * s;
  return { x: at(a.x, c1.x, c2.x, b.x), y: at(a.y, c1.y, c2.y, b.y) };
}

function resample(dense: Point[]): { length: number; samples: Float32Array } {
  const samples: number[] = [dense[0]?.x ?? 0, dense[0]?.y ?? 0];
  let length = 0;
  let next = stepPx;
  for (let index = 1; index < dense.length; index += 1) {
    const a = dense[index - 1] as Point;
    const b = dense[index] as Point;
    const distance = Math.hypot(b.x - a.x, b.y - a.y);
    while (next <= length + distance && distance > 0) {
      const part = (next - length) / distance;
      samples.push(a.x + (b.x - a.x) * part, a.y + (b.y - a.y) * part);
      next += stepPx;
    }
    length += distance;
  }
  return { length, samples: Float32Array.from(samples) };
}

const round = (value: number): number => Math.round(value * 10) / 10;
