import * as path from 'node:path';
import * as cdk from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ProcessFacade } from 'process-facade';

export class OwnAppStack extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props);
    const facade = new ProcessFacade(this, 'Facade', {
      definitions: {
        order: { folder: path.join(__dirname, '../steps/order'), outputStep: 'ConfirmOrder' },
      },
    });
    for (const [name, value] of Object.entries(facade.outputs)) new cdk.CfnOutput(this, name, { value });
  }
}
