import { join } from 'node:path';
import type { DefinitionProps } from '../infra/definition.ts';
import { sampleDefinitions } from '../infra/sample-definitions.ts';

const folder = (name: string) => join(import.meta.dirname, 'definitions', name);

/** The sample's definitions, and those that only tests and the benchmark need. */
export const testDefinitions: Readonly<Record<string, DefinitionProps>> = {
  ...sampleDefinitions,
  'six-steps': { folder: folder('six-steps'), outputStep: 'StepF' },
  'loop-and-map': { folder: folder('loop-and-map'), outputStep: 'AddUp' },
  counted: { folder: folder('counted'), outputStep: 'Third' },
  trial: { folder: folder('trial'), outputStep: 'Act' },
  memory: { folder: folder('memory'), outputStep: 'Fill' },
  pause: { folder: folder('pause'), outputStep: 'After' },
  intruder: {
    folder: folder('intruder'),
    outputStep: 'Probe',
    starts: { Probe: ['intruder', 'counted'] },
  },
  // The same folder twice: two definitions that share the name of a step.
  neighbour: { folder: folder('intruder'), outputStep: 'Probe' },
  'time-limit': { folder: folder('time-limit'), outputStep: 'TooLate' },
};
