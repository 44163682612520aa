import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const { PATH = '', ProgramFiles = 'C:\\Program Files' } = process.env;

/** Usual names of the executables. Chrome and Edge are Chromium too. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

const USUAL_PATHS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  join(ProgramFiles, 'Google\\Chrome\\Application\\chrome.exe'),
  join(`${ProgramFiles} (x86)`, 'Microsoft\\Edge\\Application\\msedge.exe'),
];

/** Returns the Chromium of this machine: `CHROMIUM_PATH`, or one at a usual place. */
export function findChromium(): string | undefined {
  const given = process.env.CHROMIUM_PATH;
  if (given && !existsSync(given)) throw new Error(`CHROMIUM_PATH names no file: [${given}].`);
  const onPath = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return given || [...onPath, ...USUAL_PATHS].find((file) => existsSync(file));
}
