/**
 * The sample app. `npm start` serves it locally, `npm run deploy` deploys it.
 */
import { App, Stack } from 'aws-cdk-lib';
import { ProcessFacade } from './process-facade.ts';
import { sampleDefinitions } from './sample-definitions.ts';

const stack = new Stack(new App(), 'ProcessFacade');
new ProcessFacade(stack, 'Facade', { definitions: sampleDefinitions });
