/** Writes docs/reference/sql-functions.md from the descriptions of the functions. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { builtInFunctions } from '../src/functions/built-in.ts';
import { functionReferencePage } from '../src/functions/reference-page.ts';

const page = resolve(import.meta.dirname, '../../../docs/reference/sql-functions.md');
await writeFile(page, functionReferencePage(builtInFunctions()));
