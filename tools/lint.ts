/**
 * `npm run lint`: every check besides the tests, one after the other, so that one run shows all
 * that is wrong. Exits with 1 if a check fails.
 */
import { spawnSync } from 'node:child_process';
import { installPackages } from '../local/common/install-packages.ts';

const CHECKS = [
  ['tools/generate-api-types.ts', '--check'],
  ['tools/generate-input-schemas.ts', '--check'],
  ['tools/generate-construct-reference.ts', '--check'],
  ['node_modules/typescript/bin/tsc'],
  ['node_modules/typescript/bin/tsc', '-p', 'web-client'],
  ['tools/node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
  ['tools/node_modules/knip/bin/knip.js'],
  ['tools/imports.ts', '--check'],
  ['tools/check-prose.ts'],
  ['tools/check-lock-files.ts'],
];

for (const folder of ['tools', 'web-client']) await installPackages(folder);
const failed = CHECKS.filter(
  (check) => spawnSync(process.execPath, check, { stdio: 'inherit' }).status !== 0,
);
for (const check of failed) console.error(`Failed: ${check.join(' ')}`);
if (failed.length > 0) process.exitCode = 1;
