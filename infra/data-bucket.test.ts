/** The bucket with the key of a team. */
import { Match } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { expect, it } from 'vitest';
import { sampleDefinitions } from './sample-definitions.ts';
import { synthesizeFacade } from './synthesize-for-test.ts';

const { template } = synthesizeFacade(sampleDefinitions, (stack) => ({
  encryptionKey: new kms.Key(stack, 'Key'),
}));
const { template: withoutKey } = synthesizeFacade(sampleDefinitions);
const [keyId = ''] = Object.keys(template.findResources('AWS::KMS::Key'));
const keyArn = { 'Fn::GetAtt': [keyId, 'Arn'] };

type Statement = { Action: string | string[]; Resource: unknown; Condition?: unknown };

it('encrypts the bucket with the key of the team, and asks KMS once for many objects', () => {
  template.hasResourceProperties('AWS::S3::Bucket', {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyArn },
        },
      ],
    },
  });
});

it('lets each function use the key by S3 only, to read where it reads objects and to write where it writes them', () => {
  const permissions = Object.values(template.findResources('AWS::IAM::Role')).flatMap(({ Properties }) => {
    const statements: Statement[] = (Properties.Policies ?? []).flatMap(
      ({ PolicyDocument }: { PolicyDocument: { Statement: Statement[] } }) => PolicyDocument.Statement,
    );
    const actions = statements.flatMap(({ Action }) => Action);
    const key = statements.filter(({ Resource }) => JSON.stringify(Resource) === JSON.stringify(keyArn));
    for (const { Condition } of key) {
      expect(Condition).toEqual({
        StringEquals: {
          'kms:ViaService': { 'Fn::Join': ['', ['s3.', { Ref: 'AWS::Region' }, '.amazonaws.com']] },
        },
      });
    }
    const expected = [
      ...(actions.includes('s3:GetObject') ? ['kms:Decrypt'] : []),
      ...(actions.includes('s3:PutObject') ? ['kms:GenerateDataKey'] : []),
    ];
    expect(key.flatMap(({ Action }) => Action)).toEqual(expected);
    return expected;
  });
  // All functions but the one that returns the definitions.
  expect(permissions.filter((action) => action === 'kms:Decrypt').length).toBeGreaterThan(15);
});

it('has no permission for a key without one', () => {
  expect(JSON.stringify(withoutKey.toJSON())).not.toContain('kms:');
  withoutKey.hasResourceProperties('AWS::S3::Bucket', {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        Match.objectLike({ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }),
      ],
    },
  });
});
