import type { Assignor } from './assignor.ts';
import { assignHeterogeneous } from './uniform-heterogeneous.ts';
import { assignHomogeneous } from './uniform-homogeneous.ts';

/** Kafka's default: as equal as possible, and as few moves as possible. */
export const uniformAssignor: Assignor = (input) => {
  if (input.members.length === 0) return new Map();
  return input.isHomogeneous ? assignHomogeneous(input) : assignHeterogeneous(input);
};
