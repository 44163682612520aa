/**
 * How users run the command: by npm scripts in the repository, by npx where the package is
 * installed.
 */
import { IS_REPOSITORY } from '../core/package-root.ts';

/** The command itself. */
export const COMMAND = IS_REPOSITORY ? 'npm run process --' : 'npx process-facade';

/** The command for a pipe: without the heading that npm prints on stdout. */
export const QUIET_COMMAND = IS_REPOSITORY ? 'npm run -s process --' : 'npx process-facade';

/** Starts the local runtime. */
export const DEV_COMMAND = IS_REPOSITORY ? 'npm start' : 'npx process-facade dev';

/** Writes the outputs of a deployed stack. */
export const OUTPUTS_COMMAND = IS_REPOSITORY ? 'npm run outputs' : 'npx process-facade outputs';

/** The start in examples: only the repository has the sample. */
export const EXAMPLE_START = IS_REPOSITORY
  ? 'start order --input examples/order.json'
  : 'start <definition> --input <file>';

/** The step in examples. */
export const EXAMPLE_STEP = IS_REPOSITORY ? 'PriceOrder' : '<StepName>';
