/**
 * The test app for runs in which events are lost on purpose: it waits at most a second for an
 * event.
 */
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { ProcessFacade } from '../infra/process-facade.ts';
import { testDefinitions } from './definitions.ts';

const stack = new Stack(new App(), 'ImpatientFacade');
const facade = new ProcessFacade(stack, 'Facade', {
  definitions: testDefinitions,
  repairAfter: Duration.seconds(1),
  sweepAfter: Duration.seconds(1),
});

for (const [name, value] of Object.entries(facade.outputs)) {
  new CfnOutput(stack, name, { value });
}
