import { topics } from './settings.ts';

export type { Environment, RunningService, StartOptions } from './settings.ts';

/** Clicks and orders in, three jobs in SQL, the search store out. */
export const example = {
  name: 'clickstream',
  services: [
    { name: 'click-source', main: new URL('./click-source/main.ts', import.meta.url) },
    { name: 'click-search', main: new URL('./click-search/main.ts', import.meta.url) },
  ],
  routes: [],
  /** The jobs, in their order. */
  views: [
    new URL('./jobs/parse-and-cleanse.sql', import.meta.url),
    new URL('./jobs/aggregate-and-join.sql', import.meta.url),
    new URL('./jobs/enrich.sql', import.meta.url),
  ],
  topics,
} as const;
