import * as cdk from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ProcessFacade } from 'process-facade';

export class OwnAppStack extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props);
    new ProcessFacade(this, 'Facade', {
      definitions: {
        order: { folder: '../steps/order', outputStep: 'ConfirmOrder' },
      },
    });
  }
}
