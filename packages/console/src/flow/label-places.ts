import type { Point } from './layout.ts';
import { type EdgePath, pointAt } from './path.ts';

/** What a label takes of the picture. */
const labelWidth = 56;
const labelHeight = 34;
/** Where along an edge its label may be, the best first. */
const shares = [0.5, 0.3, 0.7, 0.2, 0.8];

/** Where the labels of edges go: halfway, or beside that where another one is already, as with two that run to and fro. */
export function labelPlaces(paths: ReadonlyMap<string, EdgePath>): Map<string, Point> {
  const places = new Map<string, Point>();
  for (const [id, path] of paths) {
    const points = shares.map((share) => pointAt(path, share));
    const isFree = (point: Point): boolean =>
      [...places.values()].every(
        ({ x, y }) => Math.abs(x - point.x) >= labelWidth || Math.abs(y - point.y) >= labelHeight,
      );
    places.set(id, points.find(isFree) ?? points[0]!);
  }
  return places;
}
