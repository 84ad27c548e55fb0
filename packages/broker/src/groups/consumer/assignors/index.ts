import type { Assignor } from './assignor.ts';
import { rangeAssignor } from './range.ts';
import { uniformAssignor } from './uniform.ts';

/** What a member may ask for as `group.remote.assignor`. */
export const assignors: Readonly<Record<string, Assignor>> = { uniform: uniformAssignor, range: rangeAssignor };
