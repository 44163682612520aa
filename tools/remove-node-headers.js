// `npm ci` runs this in the repository. It is plain JavaScript, because the Node that runs it may be
// an old one. The package `node` brings Node's C++ headers, 67 MB, and nothing here compiles
// against them.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const folder = 'node_modules/node/node_modules';
for (const name of existsSync(folder) ? readdirSync(folder) : []) {
  rmSync(join(folder, name, 'include'), { recursive: true, force: true });
}
