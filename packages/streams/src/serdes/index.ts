import { bigintSerde, bytesSerde, doubleSerde, integerSerde, longSerde, stringSerde } from './basic-serdes.ts';
import { jsonSerde } from './json-serde.ts';

/** The serdes that are there. */
export const serdes = {
  string: stringSerde,
  bytes: bytesSerde,
  long: longSerde,
  bigint: bigintSerde,
  integer: integerSerde,
  double: doubleSerde,
  json: jsonSerde,
};
