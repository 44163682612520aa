/**
 * The facade's own functions: those of api/ and events/. `npm pack` bundles them, so that the
 * synthesis of an app bundles only its steps.
 */
import { FIELDS } from './field-functions.ts';
import { START_DOWNSTREAM_BUNDLE } from './start-downstream.ts';
import { STATUS_CHANGE_BUNDLE } from './status-change.ts';
import { SWEEP_BUNDLE } from './sweep.ts';

type OwnFunction = {
  /** The entry file, from the root of the repository. */
  readonly file: string;
  /** Whether it needs the app's definitions beside its code. */
  readonly definitions: boolean;
};

/** The functions by the names of their bundles. */
export const OWN_FUNCTIONS: Readonly<Record<string, OwnFunction>> = {
  [STATUS_CHANGE_BUNDLE]: { file: 'events/status-change.ts', definitions: false },
  [SWEEP_BUNDLE]: { file: 'events/sweep.ts', definitions: false },
  [START_DOWNSTREAM_BUNDLE]: { file: 'api/start-downstream.ts', definitions: true },
  ...Object.fromEntries(
    Object.entries(FIELDS).map(([field, { definitions }]) => [
      field,
      { file: `api/${field}.ts`, definitions },
    ]),
  ),
};
