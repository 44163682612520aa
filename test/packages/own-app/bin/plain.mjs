import { App, Stack } from 'aws-cdk-lib';
import { ProcessFacade } from 'process-facade';

const stack = new Stack(new App(), 'OwnAppStack');
new ProcessFacade(stack, 'Facade', {
  definitions: { order: { folder: '../steps/order', outputStep: 'ConfirmOrder' } },
});
