/** Preloaded where the code of a page runs: the names of the packages lead to their sources. */
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SOURCES } from './sources.ts';

const root = join(import.meta.dirname, '../..');

registerHooks({
  resolve(specifier, context, next) {
    const source = Object.hasOwn(SOURCES, specifier) ? SOURCES[specifier] : undefined;
    return next(source ? pathToFileURL(join(root, source)).href : specifier, context);
  },
});
