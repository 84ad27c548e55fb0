export { type Rest, type RestOptions, startRest } from './src/rest.ts';
