import type { Point } from './layout.ts';
import { type EdgePath, pointAt } from './path.ts';

/** What a label takes of the picture: one line, or two where there is lag to tell. */
const labelWidth = 60;
const lineHeight = 24;
const lagHeight = 40;
/** Where along an edge its label may be, the best first. */
const shares = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8];
/** The same for one that starts beside others: it is alone towards its end. */
const sharesOfFan = [0.6, 0.5, 0.4, 0.65, 0.35];
/** And how far beside it, where two run so near that neither along them is room. */
const asides = [0, 12, -12, 20, -20, 28, -28];

/**
 * Where the labels of edges go: halfway, or beside that where another one is already, as with two that run to and fro.
 *
 * @param hasLag of an edge by its id: its label has a second line
 * @param crowd which end of an edge it shares with more others
 */
export function labelPlaces(
  paths: ReadonlyMap<string, EdgePath>,
  hasLag: (id: string) => boolean = () => false,
  crowd: (id: string) => 'start' | 'end' | null = () => null,
): Map<string, Point> {
  const places = new Map<string, Point & { height: number }>();
  for (const [id, path] of paths) {
    const height = hasLag(id) ? lagHeight : lineHeight;
    const end = crowd(id);
    const along = end === null ? shares : end === 'start' ? sharesOfFan : sharesOfFan.map((share) => 1 - share);
    const points = asides.flatMap((aside) =>
      along.map((share) => {
        const { x, y } = pointAt(path, share);
        return { x, y: y + aside };
      }),
    );
    const isFree = (point: Point): boolean =>
      [...places.values()].every(
        (other) =>
          Math.abs(other.x - point.x) >= labelWidth || Math.abs(other.y - point.y) >= (other.height + height) / 2,
      );
    places.set(id, { ...(points.find(isFree) ?? points[0]!), height });
  }
  return new Map([...places].map(([id, { x, y }]) => [id, { x, y }]));
}
