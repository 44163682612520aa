/** `node tools/install.ts tools web-client`: installs the packages of these folders. */
import { installPackages } from '../local/common/install-packages.ts';

for (const folder of process.argv.slice(2)) await installPackages(folder);
