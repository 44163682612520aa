/** The CDK app. `npm run dev` serves it locally, `npm run deploy` deploys it. */
import { App, Stack } from 'aws-cdk-lib';
import { ProcessFacade } from 'process-facade';

const stack = new Stack(new App(), 'OwnApp');
new ProcessFacade(stack, 'Facade', {
  definitions: {
    order: { folder: '../steps/order', outputStep: 'ConfirmOrder' },
  },
});
