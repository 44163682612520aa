/**
 * The test app for runs in which events are lost on purpose: it waits at most a second for an
 * event.
 */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { ProcessFacade } from '../infra/process-facade.ts';
import { testDefinitions } from './definitions.ts';

const stack = new Stack(new App(), 'ImpatientFacade');
new ProcessFacade(stack, 'Facade', {
  definitions: testDefinitions,
  repairAfter: Duration.seconds(1),
  sweepAfter: Duration.seconds(1),
});
