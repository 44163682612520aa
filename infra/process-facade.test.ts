import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { OUTPUT_NAMES, outputKey } from '../core/output-names.ts';
import { MAX_DEPTH } from './graphql-api.ts';
import { ProcessFacade } from './process-facade.ts';
import { sampleDefinitions } from './sample-definitions.ts';
import { synthesizeFacade } from './synthesize-for-test.ts';

const { stack, template } = synthesizeFacade(sampleDefinitions);

describe('the facade', () => {
  it('stores data versioned, encrypted and private, and denies unconditional overwrites', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
      LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ ExpirationInDays: 180 })]) },
    });
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain' });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({
            Effect: 'Deny',
            Action: 's3:PutObject',
            Condition: {
              Null: { 's3:if-none-match': 'true', 's3:if-match': 'true' },
              Bool: { 's3:ObjectCreationOperation': 'true' },
            },
          }),
          Match.objectLike({
            Sid: 'WrittenOnce',
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 's3:PutObject',
            Condition: {
              Null: { 's3:if-none-match': 'true' },
              Bool: { 's3:ObjectCreationOperation': 'true' },
            },
          }),
          Match.objectLike({
            Sid: 'NeverDeleted',
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 's3:DeleteObject',
          }),
        ]),
      },
    });
  });

  it('lets pages of any origin read by presigned URL, and nothing else', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      CorsConfiguration: {
        CorsRules: [
          {
            AllowedOrigins: ['*'],
            AllowedMethods: ['GET', 'HEAD'],
            AllowedHeaders: ['*'],
            ExposedHeaders: Match.arrayWith(['ETag', 'Content-Length', 'Content-Range']),
            MaxAge: 3600,
          },
        ],
      },
    });
  });

  it('runs every function on Node 24, with its own log group, and traces', () => {
    const functions = Object.values(template.findResources('AWS::Lambda::Function'));
    expect(functions.length).toBeGreaterThan(10);
    for (const { Properties } of functions) {
      expect(Properties.Runtime).toBe('nodejs24.x');
      expect(Properties.TracingConfig).toEqual({ Mode: 'Active' });
      expect(Properties.Environment.Variables.NODE_OPTIONS).toBe('--enable-source-maps');
      expect(Properties.LoggingConfig.LogGroup).toBeDefined();
      expect(Buffer.byteLength(JSON.stringify(Properties.Environment))).toBeLessThan(4_096);
    }
    for (const { Properties } of Object.values(template.findResources('AWS::Logs::LogGroup'))) {
      expect(Properties.RetentionInDays).toBe(30);
    }
  });

  it('sends status changes of all its executions, also of removed machines, to the recorder, and failures to the dead-letter queue', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [
            {
              prefix: {
                'Fn::Join': [
                  '',
                  Match.arrayWith([Match.stringLikeRegexp(':stateMachine:Sample-Facade-.*-$')]),
                ],
              },
            },
          ],
        },
      },
      Targets: [Match.objectLike({ DeadLetterConfig: Match.anyValue(), RetryPolicy: Match.anyValue() })],
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 2 });
    template.resourceCountIs('AWS::SQS::Queue', 1);
  });

  it('raises an alarm when an event is in the dead-letter queue', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Threshold: 1,
      Dimensions: [Match.objectLike({ Name: 'QueueName' })],
    });
  });

  it('sweeps over the running processes every minute', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
    });
  });

  it('publishes step progress directly from the rule, with a role that may do only that', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: Match.objectLike({ source: ['aws.s3'] }),
      Targets: [
        Match.objectLike({
          AppSyncParameters: {
            GraphQLOperation: Match.stringLikeRegexp('processId owner step part bytes writtenAt'),
          },
          InputTransformer: Match.objectLike({
            InputTemplate: '{"key":<detail-object-key>,"bytes":<detail-object-size>,"writtenAt":<time>}',
          }),
        }),
      ],
    });
    const [policy] = Object.values(template.findResources('AWS::IAM::Policy')).filter(({ Properties }) =>
      JSON.stringify(Properties.PolicyDocument).includes('publishProcessStep'),
    );
    expect(policy?.Properties.PolicyDocument.Statement).toHaveLength(1);
  });

  it('limits the depth of a query', () => {
    template.hasResourceProperties('AWS::AppSync::GraphQLApi', { QueryDepthLimit: MAX_DEPTH });
  });

  it('changes resolvers one at a time', () => {
    const resolvers = template.findResources('AWS::AppSync::Resolver');
    const ids = Object.keys(resolvers);
    const followers = Object.values(resolvers).filter(({ DependsOn }) =>
      ([DependsOn].flat() as string[]).some((id) => ids.includes(id)),
    );
    expect(followers).toHaveLength(ids.length - 1);
  });

  it('names no dependency that a reference expresses already (cfn-lint W3005)', () => {
    const { Resources } = template.toJSON() as {
      Resources: Record<string, { DependsOn?: string | string[]; Properties?: unknown }>;
    };
    for (const { DependsOn = [], Properties } of Object.values(Resources)) {
      const text = JSON.stringify(Properties);
      const redundant = [DependsOn]
        .flat()
        .filter((id) => text.includes(`{"Ref":"${id}"}`) || text.includes(`{"Fn::GetAtt":["${id}",`));
      expect(redundant).toEqual([]);
    }
  });

  it('has no custom resource, no literal account or region, and no warning', () => {
    const text = JSON.stringify(template.toJSON());
    expect(text).not.toContain('Custom::');
    expect(text).not.toMatch(/\b\d{12}\b/);
    expect(text).not.toMatch(/\b(us|eu|ap)-[a-z]+-\d\b/);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  it('outputs what clients and operators need, and says for whom each value is', () => {
    const outputs = template.findOutputs('*');
    expect(Object.keys(outputs)).toEqual(OUTPUT_NAMES.map((name) => outputKey('Facade', name)));
    expect(outputs.FacadeApiKey?.Description).toBe('For clients of the facade Sample/Facade');
    expect(outputs.FacadeBucket?.Description).toBe('For operators of the facade Sample/Facade');
  });

  it('looks for a relative folder beside the file that creates the facade', () => {
    const create = (folder: string) =>
      new ProcessFacade(new Stack(new App(), 'Folders'), 'F', {
        definitions: { order: { folder, outputStep: 'ConfirmOrder' } },
      });
    const missing = join(import.meta.dirname, 'no/such');
    expect(() => create('no/such')).toThrow(
      `Definition [order]: The folder ${missing} does not exist. Expected a path relative to the file that creates the facade (${import.meta.filename}), or an absolute one`,
    );
    expect(() => create(missing)).toThrow(new RegExp(`The folder ${missing} does not exist$`));
    // Found, and read: the next mistake is the one that is reported.
    expect(() => create('../test')).toThrow(
      `machine.asl.yaml in ${join(import.meta.dirname, '../test')}, or one step`,
    );
  });

  it('rejects a data retention shorter than Step Functions remembers a name', () => {
    expect(
      () =>
        new ProcessFacade(new Stack(new App(), 'Short'), 'F', {
          definitions: {},
          dataRetention: Duration.days(90),
        }),
    ).toThrow('over 90 days');
  });
});
