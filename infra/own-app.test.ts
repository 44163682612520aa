/** The construct in the apps of its users: their settings of steps, their resources and names. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Aspects, CfnResource, Duration, PermissionsBoundary, Stack, Stage, Tags } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CURRENT_VERSION_EXPIRED_FLAGS, FLAGS } from 'aws-cdk-lib/cx-api';
import { afterAll, describe, expect, it } from 'vitest';
import type { DefinitionProps } from './definition.ts';
import { ProcessFacade } from './process-facade.ts';

const folder = mkdtempSync(join(tmpdir(), 'own-app-'));
// Bundles are removed when the process exits, but the test runner kills it.
process.env.TMPDIR = folder;
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a definition whose steps run one after the other. */
function definition(
  name: string,
  steps: readonly string[],
  without: readonly string[] = [],
): DefinitionProps {
  const at = join(folder, 'definitions', name);
  mkdirSync(at, { recursive: true });
  const States = Object.fromEntries(
    steps.map((step, index) => {
      const next = steps[index + 1];
      return [step, { Type: 'Task', Resource: `\${${step}}`, ...(next ? { Next: next } : { End: true }) }];
    }),
  );
  writeFileSync(join(at, 'machine.asl.json'), JSON.stringify({ StartAt: steps[0], States }));
  writeFileSync(join(at, 'input.schema.json'), '{ "type": "object" }');
  for (const step of steps.filter((each) => !without.includes(each)))
    writeFileSync(join(at, `${step}.ts`), 'export const handler = async () => process.env.STAGE;');
  return { folder: at, outputStep: steps.at(-1) ?? '' };
}

const newApp = (context: Record<string, unknown> = {}) =>
  new App({ outdir: mkdtempSync(join(folder, 'cdk-')), context, builtinCloudFormationValidation: false });

const team = new Stack(newApp(), 'Team');
const score = new lambda.Function(team, 'Score', {
  runtime: lambda.Runtime.PYTHON_3_13,
  handler: 'handler.handler',
  code: lambda.Code.fromInline('def handler(event, context): return {}'),
});
const layer = lambda.LayerVersion.fromLayerVersionArn(
  team,
  'Layer',
  'arn:aws:lambda:us-east-1:123456789012:layer:l:1',
);
const scored = definition('order', ['SaveOrder', 'Score'], ['Score']);

describe('a step', () => {
  const stack = new Stack(team.node.root as App, 'Steps');
  const facade = new ProcessFacade(stack, 'Facade', {
    definitions: {
      order: {
        ...scored,
        steps: {
          SaveOrder: {
            memorySize: 1_024,
            timeout: Duration.minutes(5),
            environment: { STAGE: 'test' },
            architecture: lambda.Architecture.X86_64,
            layers: [layer],
            bundling: { define: { 'process.env.STAGE': '"from the bundle"' } },
          },
          Score: { function: score },
        },
      },
    },
  });
  const table = new dynamodb.Table(stack, 'Orders', {
    partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
  });
  table.grantWriteData(facade.step('order', 'SaveOrder'));
  const template = Template.fromStack(stack);

  it('has the settings of the team', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Step SaveOrder of order',
      MemorySize: 1_024,
      Timeout: 300,
      Architectures: ['x86_64'],
      Layers: ['arn:aws:lambda:us-east-1:123456789012:layer:l:1'],
      Environment: { Variables: Match.objectLike({ STAGE: 'test', NODE_OPTIONS: '--enable-source-maps' }) },
    });
  });

  it('can be granted permissions on other resources', () => {
    const role = stack.resolve(facade.step('order', 'SaveOrder').role?.roleName) as { Ref: string };
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [role],
      PolicyDocument: {
        Statement: [Match.objectLike({ Action: Match.arrayWith(['dynamodb:PutItem']) })],
      },
    });
  });

  it('may be a function of the team, of another stack too, with the permissions of a step', () => {
    expect(facade.step('order', 'Score')).toBe(score);
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 's3:PutObject',
            Resource: [0, 1].map(() =>
              Match.objectLike({
                'Fn::Join': [
                  '',
                  Match.arrayWith([Match.stringLikeRegexp('processes/\\*/order/steps/Score')]),
                ],
              }),
            ),
          }),
        ]),
      },
      Roles: [{ 'Fn::ImportValue': Match.stringLikeRegexp('Team:ExportsOutputRefScoreServiceRole') }],
    });
    template.resourcePropertiesCountIs('AWS::Lambda::Function', { Description: 'Step Score of order' }, 0);
  });

  it.each([
    ['constructor', 'SaveOrder', 'Definition [constructor]: It does not exist. Expected one of order'],
    [
      'order',
      'toString',
      'Definition [order]: Step [toString] does not exist. Expected one of SaveOrder, Score',
    ],
  ])('that does not exist is rejected: %s, %s', (name, step, message) => {
    expect(() => facade.step(name, step)).toThrow(message);
  });

  const imported = lambda.Function.fromFunctionArn(
    team,
    'Imported',
    'arn:aws:lambda:us-east-1:123456789012:function:f',
  );
  it.each<[NonNullable<DefinitionProps['steps']>, string]>([
    [{ Saveorder: {} }, 'steps [Saveorder]: Expected the name of a step: SaveOrder, Score'],
    [
      { Score: { function: score, memorySize: 1 } },
      'steps [Score]: Expected `function` alone, got memorySize too',
    ],
    [{ Score: { function: imported } }, 'steps [Score]: The role of its function is unknown'],
  ])('%# has settings that are rejected', (steps, message) => {
    const create = () =>
      new ProcessFacade(new Stack(newApp(), 'S'), 'F', { definitions: { order: { ...scored, steps } } });
    expect(create).toThrow(`Definition [order]: ${message}`);
  });
});

describe('the names of a team', () => {
  it('collide with nothing of the facade, for definitions and steps alike', () => {
    const steps = [
      'Machine',
      'MachineRole',
      'Logs',
      'Steps',
      'Function',
      'Save',
      'SaveLogs',
      'SaveServiceRole',
    ];
    const names = ['Api', 'Data', 'Definitions', 'Outputs'];
    const stack = new Stack(newApp(), 'Names');
    const facade = new ProcessFacade(stack, 'Facade', {
      definitions: Object.fromEntries(names.map((name) => [name, definition(name, steps)])),
    });
    expect(Object.keys(facade.machines)).toEqual(names);
    Template.fromStack(stack).resourceCountIs('AWS::StepFunctions::StateMachine', names.length);
  });
});

describe('the app of a team', () => {
  const one = definition('one', ['Only']);

  it('may have two facades in a stack, in a stage, with tags, an aspect and a permissions boundary', () => {
    const stage = new Stage(newApp(), 'Test', {
      permissionsBoundary: PermissionsBoundary.fromName('boundary'),
    });
    const stack = new Stack(stage, 'Shop');
    for (const id of ['Orders', 'Returns']) new ProcessFacade(stack, id, { definitions: { one } });
    Tags.of(stack).add('team', 'shop');
    const visited = new Set<string>();
    Aspects.of(stack).add({
      visit: (node) => {
        if (node instanceof CfnResource) visited.add(node.cfnResourceType);
      },
    });
    const template = Template.fromStack(stack);
    expect(visited).toContain('AWS::StepFunctions::StateMachine');
    const names = Object.values(template.findResources('AWS::AppSync::GraphQLApi')).map(
      ({ Properties }) => Properties.Name,
    );
    expect(names.sort()).toEqual(['Test-Shop-Orders', 'Test-Shop-Returns']);
    expect(Object.keys(template.findOutputs('*'))).toEqual(
      expect.arrayContaining(['OrdersEndpoint', 'ReturnsEndpoint']),
    );
    template.allResourcesProperties('AWS::IAM::Role', { PermissionsBoundary: Match.anyValue() });
    template.allResourcesProperties('AWS::S3::Bucket', { Tags: [{ Key: 'team', Value: 'shop' }] });
  });

  it('may set every feature flag of the CDK that is recommended', () => {
    const recommended = Object.entries(FLAGS)
      .filter(([flag]) => !CURRENT_VERSION_EXPIRED_FLAGS.includes(flag))
      .map(([flag, { recommendedValue }]) => [flag, recommendedValue]);
    const stack = new Stack(newApp(Object.fromEntries(recommended)), 'Flags');
    const facade = new ProcessFacade(stack, 'Facade', { definitions: { one } });
    const user = new iam.User(stack, 'User');
    facade.step('one', 'Only').grantInvoke(user);
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::StepFunctions::StateMachine', 1);
    template.allResourcesProperties('AWS::Lambda::Function', { LoggingConfig: Match.anyValue() });
  });

  it('stays below the 500 resources of a stack with ten definitions of ten steps', () => {
    const stack = new Stack(newApp(), 'Large');
    const steps = Array.from({ length: 10 }, (_, index) => `Step${index}`);
    const names = Array.from({ length: 10 }, (_, index) => `definition-${index}`);
    new ProcessFacade(stack, 'Facade', {
      definitions: Object.fromEntries(names.map((name) => [name, definition(name, steps)])),
    });
    const count = Object.keys(Template.fromStack(stack).toJSON().Resources).length;
    expect(count).toBeLessThan(500);
  });
});
