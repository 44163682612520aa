import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import {
  getIntrospectionQuery,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { afterAll, describe, expect, it } from 'vitest';
import { LONGEST_START_MS } from '../data/state.ts';
import { withAuthDirectives } from './auth-directives.ts';
import type { DefinitionProps } from './definition.ts';
import { keyExpiry, MAX_DEPTH, SCHEMA } from './graphql-api.ts';
import { OUTPUT_NAMES } from './output-names.ts';
import { ProcessFacade } from './process-facade.ts';
import { sampleDefinitions } from './sample-definitions.ts';

const outdir = mkdtempSync(join(tmpdir(), 'facade-template-'));
// Bundles last as long as their process, which the test runner ends without a word.
process.env.TMPDIR = outdir;
afterAll(() => rmSync(outdir, { recursive: true }));

const app = new App({ outdir, builtinCloudFormationValidation: false });
const stack = new Stack(app, 'Sample');
const facade = new ProcessFacade(stack, 'Facade', { definitions: sampleDefinitions });
const template = Template.fromStack(stack);

type Statement = { Effect: string; Action: string | string[]; Resource: unknown };

/** What the role of a function may do, apart from its traces: actions with the keys or fields that they are limited to. */
function rightsOf(functionDescription: string): string[] {
  const [fn] = Object.values(
    template.findResources('AWS::Lambda::Function', { Properties: { Description: functionDescription } }),
  );
  const roleId = fn?.Properties.Role['Fn::GetAtt'][0] as string;
  const policies = Object.values(
    template.findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: roleId }] } }),
  );
  return policies
    .flatMap((policy) => policy.Properties.PolicyDocument.Statement as Statement[])
    .filter(({ Action }) => !String(Action).startsWith('xray:'))
    .flatMap(({ Action, Resource }) =>
      [Action]
        .flat()
        .flatMap((action) => [Resource].flat().map((resource) => `${action} ${lastOf(resource)}`)),
    )
    .sort();
}

function lastOf(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const join = (resource as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'];
  if (!join) return 'the resource';
  return String(join[1].findLast((part) => typeof part === 'string')).replace(/^:?\w*[:/]/, '');
}

describe('the facade', () => {
  it('keeps the data versioned, encrypted, private, and from being overwritten unconditionally', () => {
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

  it('lets pages of any origin read by a presigned URL, and nothing else', () => {
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

  it('lets a step write its own document and read what belongs to its definition, nothing else', () => {
    expect(rightsOf('Step PriceOrder of order')).toEqual([
      's3:GetObject processes/*/order/input.json',
      's3:GetObject processes/*/order/steps/*',
      's3:ListBucket the resource',
      's3:PutObject processes/*/order/steps/PriceOrder.json',
    ]);
  });

  it('lets the one step that starts another process invoke the function that does it, which may start that one only', () => {
    const ownRights = rightsOf('Step PriceOrder of order').map((right) =>
      right.replaceAll('PriceOrder', 'StartShipping'),
    );
    expect(rightsOf('Step StartShipping of order')).toEqual([
      'lambda:InvokeFunction the resource',
      ...ownRights,
    ]);
    const start = rightsOf('Starts processes for steps that start others');
    expect(start.filter((right) => right.startsWith('states:'))).toEqual([
      expect.stringMatching(/^states:StartExecution .*-shipping$/),
    ]);
    expect(start.filter((right) => right.includes('input.json'))).toEqual([
      's3:GetObject processes/*/shipping/input.json',
      's3:PutObject processes/*/shipping/input.json',
    ]);
  });

  it('has no function that starts processes for steps where no step starts any', () => {
    const alone = new Stack(
      new App({ outdir: join(outdir, 'alone'), builtinCloudFormationValidation: false }),
      'Alone',
    );
    new ProcessFacade(alone, 'Facade', {
      definitions: { shipping: sampleDefinitions.shipping as DefinitionProps },
    });
    expect(JSON.stringify(Template.fromStack(alone).toJSON())).not.toContain('StartDownstream');
  });

  it('lets no function that starts a process live longer than the minute after which its start is over', () => {
    const functions = Object.values(template.findResources('AWS::Lambda::Function'));
    const starting = functions.filter(({ Properties }) =>
      rightsOf(Properties.Description).some((right) => right.startsWith('states:StartExecution')),
    );
    expect(starting).toHaveLength(2);
    for (const { Properties } of starting)
      expect(Properties.Timeout * 1_000).toBeLessThanOrEqual(LONGEST_START_MS);
  });

  it('gives each field its own role, and none the right to write what a step has written', () => {
    expect(rightsOf('Query.processState')).toEqual([
      'appsync:GraphQL types/Mutation/fields/publishProcessState',
      's3:DeleteObject running/*',
      's3:GetObject processes/*/state.json',
      's3:GetObject running/*',
      's3:ListBucket the resource',
      's3:PutObject processes/*/state.json',
      expect.stringMatching(/^states:DescribeExecution Sample-Facade-[0-9A-F]{8}-\*:\*$/),
    ]);
    expect(rightsOf('Query.processData').filter((right) => !right.startsWith('s3:GetObject'))).toEqual([
      's3:ListBucket the resource',
    ]);
    expect(rightsOf('Query.processHistory').filter((right) => right.startsWith('states:'))).toEqual([
      expect.stringMatching(/^states:GetExecutionHistory Sample-Facade-[0-9A-F]{8}-\*:\*$/),
    ]);
    expect(rightsOf('Query.processDefinitions')).toEqual([]);
    for (const field of [
      'Mutation.startProcess',
      'Mutation.stopProcess',
      'Mutation.redriveProcess',
      'Query.processState',
    ]) {
      expect(rightsOf(field).some((right) => right.includes('steps/'))).toBe(false);
    }
  });

  it('lets the recorder of status changes write states and push them, nothing else', () => {
    expect(rightsOf('Records the status change of an execution and pushes it')).toEqual([
      'appsync:GraphQL types/Mutation/fields/publishProcessState',
      's3:DeleteObject running/*',
      's3:GetObject processes/*/state.json',
      's3:GetObject running/*',
      's3:ListBucket the resource',
      's3:PutObject processes/*/state.json',
      'sqs:SendMessage the resource',
    ]);
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

  it('sends every status change of its executions to the recorder, also of machines that are gone, and what fails to the dead-letter queue', () => {
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

  it('raises an alarm when an event waits in the dead-letter queue', () => {
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

  it('pushes step progress straight from the rule, by a role that may do just that', () => {
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

  it('lets a service assume a role only for its own resource in this account', () => {
    const trusted = Object.values(template.findResources('AWS::IAM::Role')).flatMap(({ Properties }) => {
      const [{ Principal, Condition }] = Properties.AssumeRolePolicyDocument.Statement;
      const source = JSON.stringify(Condition?.ArnLike['aws:SourceArn'] ?? 'any');
      return Principal.Service === 'lambda.amazonaws.com'
        ? []
        : [{ service: Principal.Service, account: Condition?.StringEquals['aws:SourceAccount'], source }];
    });
    const account = { Ref: 'AWS::AccountId' };
    const of = (service: string) => trusted.filter((each) => each.service === `${service}.amazonaws.com`);
    expect(of('states')).toEqual(
      ['order', 'shipping'].map((name) => ({
        service: 'states.amazonaws.com',
        account,
        source: expect.stringMatching(`:stateMachine:Sample-Facade-[0-9A-F]{8}-${name}"`),
      })),
    );
    expect(of('events')).toEqual([
      { service: 'events.amazonaws.com', account, source: expect.stringContaining(':rule/*') },
    ]);
    // What AppSync tells IAM when it writes its logs is not documented.
    expect(of('appsync').map(({ source }) => source)).toEqual(
      expect.arrayContaining(['"any"', expect.stringContaining('"Arn"')]),
    );
    expect(trusted).toHaveLength(5);
  });

  it('takes queries of the depth that introspection needs, and no deeper ones', () => {
    const { selectionSet } = parse(getIntrospectionQuery()).definitions[0] as OperationDefinitionNode;
    const fragments = new Map(
      parse(getIntrospectionQuery())
        .definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION)
        .map((node) => [node.name.value, node.selectionSet]),
    );
    const depth = (selected: SelectionSetNode | undefined): number =>
      Math.max(
        0,
        ...(selected?.selections ?? []).map((selection) =>
          selection.kind === Kind.FRAGMENT_SPREAD
            ? depth(fragments.get(selection.name.value))
            : depth(selection.selectionSet) + 1,
        ),
      );
    expect(depth(selectionSet)).toBe(MAX_DEPTH);
    template.hasResourceProperties('AWS::AppSync::GraphQLApi', { QueryDepthLimit: MAX_DEPTH });
  });

  it('leaves no resolver to be changed at the same time as another', () => {
    const resolvers = template.findResources('AWS::AppSync::Resolver');
    const ids = Object.keys(resolvers);
    const followers = Object.values(resolvers).filter(({ DependsOn }) =>
      ([DependsOn].flat() as string[]).some((id) => ids.includes(id)),
    );
    expect(followers).toHaveLength(ids.length - 1);
  });

  it('has no custom resource, no literal account or region, and no warning', () => {
    const text = JSON.stringify(template.toJSON());
    expect(text).not.toContain('Custom::');
    expect(text).not.toMatch(/\b\d{12}\b/);
    expect(text).not.toMatch(/\b(us|eu|ap)-[a-z]+-\d\b/);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  it('tells a client all that it needs under the names of outputs.json', () => {
    expect(Object.keys(facade.outputs)).toEqual([...OUTPUT_NAMES]);
  });

  it('refuses to keep data for a shorter time than Step Functions remembers a name', () => {
    expect(
      () =>
        new ProcessFacade(new Stack(app, 'Short'), 'F', {
          definitions: {},
          dataRetention: Duration.days(90),
        }),
    ).toThrow('over 90 days');
  });
});

describe('the deployed schema', () => {
  const sdl = withAuthDirectives(SCHEMA);

  it('opens publish* to IAM alone, and everything else to callers', () => {
    expect(sdl).toMatch(/publishProcessState\(state: ProcessStateInput!\): ProcessState @aws_iam\n/);
    expect(sdl).toMatch(/startProcess\(.*\): ProcessState! @aws_api_key\n/);
    expect(sdl).toMatch(/onProcessState\(processId: ID\): ProcessState @aws_subscribe\(.*\) @aws_api_key\n/);
    expect(sdl).toMatch(/type ProcessState @aws_api_key @aws_iam/);
    expect(sdl).toMatch(/type ProcessData @aws_api_key \{/);
  });

  it('is described to the last type, field and enum value', () => {
    const undescribed = parse(SCHEMA).definitions.flatMap((node) => {
      const inner = 'fields' in node ? (node.fields ?? []) : 'values' in node ? (node.values ?? []) : [];
      const nodes =
        'name' in node && ['Query', 'Mutation', 'Subscription'].includes(node.name?.value ?? '')
          ? inner
          : [node, ...inner];
      return nodes
        .filter((each) => !('description' in each && each.description))
        .map((each) => ('name' in each ? each.name?.value : each.kind));
    });
    expect(undescribed).toEqual([]);
  });
});

describe('the API key', () => {
  it('lasts ten to eleven months, and its expiry changes once a month', () => {
    expect(keyExpiry(new Date('2026-01-01T00:00:00Z'))).toEqual(new Date('2026-12-01T00:00:00Z'));
    expect(keyExpiry(new Date('2026-01-31T23:59:59Z'))).toEqual(new Date('2026-12-01T00:00:00Z'));
    expect(keyExpiry(new Date('2026-03-15T12:00:00Z'))).toEqual(new Date('2027-02-01T00:00:00Z'));
  });
});
