import { fileURLToPath } from 'node:url';

/** Absolute path of the built console: static files that a gateway serves under `/ui/`. Built by `npm ci`. */
export const consoleDir: string = fileURLToPath(new URL('./dist', import.meta.url));
