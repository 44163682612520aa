/**
 * The sample app, with definitions that only tests and the benchmark need. Deploy it instead of infra/app.ts to run the tests of the
 * whole system against AWS: see CONTRIBUTING.md.
 */
import { join } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { ProcessFacade } from '../infra/process-facade.ts';
import { sampleDefinitions } from '../infra/sample-definitions.ts';

const folder = (name: string) => join(import.meta.dirname, 'definitions', name);
const stack = new Stack(new App(), 'ProcessFacadeTest');

const facade = new ProcessFacade(stack, 'Facade', {
  definitions: {
    ...sampleDefinitions,
    'six-steps': { folder: folder('six-steps'), outputStep: 'StepF' },
    'loop-and-map': { folder: folder('loop-and-map'), outputStep: 'AddUp' },
    trial: { folder: folder('trial'), outputStep: 'Act' },
    pause: { folder: folder('pause'), outputStep: 'After' },
    'time-limit': { folder: folder('time-limit'), outputStep: 'TooLate' },
  },
});

for (const [name, value] of Object.entries(facade.outputs)) {
  new CfnOutput(stack, name, { value });
}
