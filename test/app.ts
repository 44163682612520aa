/**
 * The sample app, with definitions that only tests and the benchmark need. Deploy it instead of
 * infra/app.ts to run the tests of the whole system against AWS: see CONTRIBUTING.md.
 */
import { App, Stack } from 'aws-cdk-lib';
import { ProcessFacade } from '../infra/process-facade.ts';
import { testDefinitions } from './definitions.ts';

const stack = new Stack(new App(), 'ProcessFacadeTest');
new ProcessFacade(stack, 'Facade', { definitions: testDefinitions });
