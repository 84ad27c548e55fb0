import { sqlTypes } from '../../types/sql-type.ts';
import { parameter, scalar, variant } from '../define.ts';
import type { ScalarFunction } from '../function.ts';

const { string, double } = sqlTypes;
const earthKm = 6371;
const earthMiles = 3959;
const miles = new Set(['mi', 'mile', 'miles']);
const kilometres = new Set(['km', 'kilometer', 'kilometers', 'kilometre', 'kilometres']);

function radiusIn(units: string | null): number {
  const unit = units?.trim().toLowerCase() ?? '';
  if (unit === '' || kilometres.has(unit)) return earthKm;
  if (miles.has(unit)) return earthMiles;
  throw new RangeError(`GeoDistance function units parameter must be one of ${[...miles, ...kilometres].join(', ')}`);
}

const radians = Math.PI / 180;

function halfVersine(angle: number): number {
  return Math.sin(angle / 2) ** 2;
}

function distance(
  lat1: number | null,
  lon1: number | null,
  lat2: number | null,
  lon2: number | null,
  units: string | null = null,
): number | null {
  if (lat1 === null || lon1 === null || lat2 === null || lon2 === null) return null;
  if (Math.abs(lat1) > 90 || Math.abs(lat2) > 90) throw new RangeError('Latitudes are from -90 to 90 degrees');
  if (Math.abs(lon1) > 180 || Math.abs(lon2) > 180) throw new RangeError('Longitudes are from -180 to 180 degrees');
  const a =
    halfVersine((lat2 - lat1) * radians) +
    halfVersine((lon2 - lon1) * radians) * Math.cos(lat1 * radians) * Math.cos(lat2 * radians);
  return 2 * Math.asin(Math.sqrt(a)) * radiusIn(units);
}

const points = [
  parameter('lat1', double, 'Latitude of the first point in degrees.'),
  parameter('lon1', double, 'Longitude of the first point in degrees.'),
  parameter('lat2', double, 'Latitude of the second point in degrees.'),
  parameter('lon2', double, 'Longitude of the second point in degrees.'),
];

export const geoDistanceFunctions: readonly ScalarFunction[] = [
  scalar(
    'GEO_DISTANCE',
    {
      category: 'OTHER',
      description: 'The distance of two points on the earth along a great circle, in kilometres or miles.',
      example: "GEO_DISTANCE(37.4E0, -122.1E0, 51.5E0, -0.1E0, 'MI')",
    },
    variant([...points, parameter('units', string, "'KM' (the default) or 'MI'.")], double, distance, {
      isNullTaken: true,
    }),
    variant(points, double, distance, { isNullTaken: true }),
  ),
];
