/**
 * The sample app. `npm start` serves it locally, `npm run deploy` deploys it.
 */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { ProcessFacade } from './process-facade.ts';
import { sampleDefinitions } from './sample-definitions.ts';

const stack = new Stack(new App(), 'ProcessFacade');
const facade = new ProcessFacade(stack, 'Facade', { definitions: sampleDefinitions });

for (const [name, value] of Object.entries(facade.outputs)) {
  new CfnOutput(stack, name, { value });
}
