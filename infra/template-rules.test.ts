/**
 * What cdk-nag (its AwsSolutions rules) and cfn-lint find in an app. cfn-lint is a Python program,
 * and runs where it is installed.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, it } from 'vitest';
import { sampleDefinitions } from './sample-definitions.ts';
import { IsolatedVpc } from './step-network.ts';
import { synthesizeFacade } from './synthesize-for-test.ts';

const sample = synthesizeFacade(sampleDefinitions);
const full = synthesizeFacade(sampleDefinitions, (stack) => ({
  vpc: new IsolatedVpc(stack, 'Vpc'),
  encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }),
  monitoring: {},
}));
const edited = synthesizeFacade(sampleDefinitions, undefined, (facade) => {
  new sqs.Queue(Stack.of(facade), 'Own');
  const statement = new iam.PolicyStatement({ actions: ['sns:Publish'], resources: ['*'] });
  facade.machines.order?.addToRolePolicy(statement);
  (facade.bucket.node.defaultChild as CfnBucket).overrideLogicalId('ProcessData');
});

function nagFindings(stack: Stack): string[] {
  const { violations } = new AwsSolutionsChecks().validateScope(stack.node.root);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
  );
}

it('leaves no finding of cdk-nag open, with and without all options', () => {
  expect(nagFindings(sample.stack)).toEqual([]);
  expect(nagFindings(full.stack)).toEqual([]);
}, 120_000);

it('hides no finding of cdk-nag on what a team adds to the stack, and to a role of the facade', () => {
  expect(nagFindings(edited.stack).sort()).toEqual([
    'AwsSolutions-IAM5[Resource::*] Sample/Facade/Definitions/order/MachineRole/DefaultPolicy/Resource',
    'AwsSolutions-SQS3 Sample/Own/Resource',
    'AwsSolutions-SQS4 Sample/Own/Resource',
  ]);
}, 120_000);

if (spawnSync('cfn-lint', ['--version']).status === 0) {
  it('passes cfn-lint', () => {
    const files = [sample, full].map(({ assembly }) => join(assembly, 'Sample.template.json'));
    const { status, stdout, stderr } = spawnSync('cfn-lint', files, { encoding: 'utf8' });
    expect({ status, found: stdout + stderr }).toEqual({ status: 0, found: '' });
  }, 120_000);
}
