/**
 * The sample app: an online shop's orders, and their shipping. `npm start` serves what this synthesizes, `npm run deploy` deploys it.
 */
import { join } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { ProcessFacade } from './process-facade.ts';

const steps = join(import.meta.dirname, '../steps');
const stack = new Stack(new App(), 'ProcessFacade');

const facade = new ProcessFacade(stack, 'Facade', {
  definitions: {
    order: {
      folder: join(steps, 'order'),
      outputStep: 'ConfirmOrder',
      starts: { StartShipping: ['shipping'] },
    },
    shipping: { folder: join(steps, 'shipping'), outputStep: 'Dispatch' },
  },
});

for (const [name, value] of Object.entries(facade.outputs)) {
  new CfnOutput(stack, name, { value });
}
