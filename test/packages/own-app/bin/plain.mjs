import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { ProcessFacade } from 'process-facade';

const stack = new Stack(new App(), 'OwnAppStack');
const facade = new ProcessFacade(stack, 'Facade', {
  definitions: { order: { folder: 'steps/order', outputStep: 'ConfirmOrder' } },
});
for (const [name, value] of Object.entries(facade.outputs)) new CfnOutput(stack, name, { value });
