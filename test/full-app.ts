/** The sample app with every option that concerns operators. */
import { App, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ProcessFacade } from '../infra/process-facade.ts';
import { sampleDefinitions } from '../infra/sample-definitions.ts';
import { IsolatedVpc } from '../infra/step-network.ts';

const stack = new Stack(new App(), 'Full');
new ProcessFacade(stack, 'Facade', {
  definitions: sampleDefinitions,
  vpc: new IsolatedVpc(stack, 'Vpc'),
  encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }),
  monitoring: {
    alarmActions: [new SnsAction(new sns.Topic(stack, 'Operators'))],
  },
});
