/**
 * Builds `dist/` of the package `process-facade`; `npm pack` runs it. Nothing in the repository
 * reads `dist/`.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'tsdown';
import { packageFile } from '../core/package-root.ts';
import { bundleInto, ownResolver } from '../infra/bundle.ts';
import { OWN_FUNCTIONS } from '../infra/own-functions.ts';
import { installPackages } from '../local/common/install-packages.ts';
import { buildRuntime } from '../local/lambda/runtime-code.ts';
import { buildExplorer } from '../web-client/explorer/bundle-explorer.ts';
import { licensesText, packagesIn, packagesOf } from './third-party-licenses.ts';

const DIST = packageFile('dist');
const EXPLORER = 'explorer';
const RESOLVER = '.resolver.ts';

mkdirSync(DIST, { recursive: true });
for (const name of readdirSync(DIST)) {
  // The explorer is built again only if its sources have changed.
  if (name !== EXPLORER) rmSync(packageFile('dist', name), { recursive: true });
}
await build({ config: packageFile('tsdown.config.ts') });
const { inputs } = bundleInto(
  packageFile('dist/functions'),
  Object.fromEntries(
    Object.entries(OWN_FUNCTIONS).map(([name, { file }]) => [name, { file: packageFile(file) }]),
  ),
);
mkdirSync(packageFile('dist/resolvers'));
for (const file of readdirSync(packageFile('api')).filter((name) => name.endsWith(RESOLVER))) {
  const name = file.slice(0, -RESOLVER.length);
  writeFileSync(packageFile('dist/resolvers', `${name}.js`), ownResolver(name));
}
buildRuntime(packageFile('dist/lambda-runtime.mjs'));
await buildExplorer(packageFile('dist', EXPLORER));

// A cached explorer is not built again, but its licenses are read again.
await installPackages(packageFile('web-client'));
const packages = [...packagesOf(Object.keys(inputs)), ...packagesIn(packageFile('web-client'))];
writeFileSync(packageFile('dist/THIRD-PARTY-LICENSES.txt'), licensesText(packages));
