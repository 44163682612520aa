/** The permissions in the template. `npm run permissions` checks that each one is needed. */
import { describe, expect, it } from 'vitest';
import { MAX_START_MS } from '../core/state.ts';
import type { DefinitionProps } from './definition.ts';
import { sampleDefinitions } from './sample-definitions.ts';
import { synthesizeFacade } from './synthesize-for-test.ts';

const { template } = synthesizeFacade(sampleDefinitions);
const { template: withoutStarts } = synthesizeFacade({
  shipping: sampleDefinitions.shipping as DefinitionProps,
});

type Statement = { Effect: string; Action: string | string[]; Resource: unknown };

/**
 * Returns what the role of a function may do, apart from sending logs and traces: each action with
 * the keys or fields that it is limited to.
 */
function permissionsOf(functionDescription: string): string[] {
  const [fn] = Object.values(
    template.findResources('AWS::Lambda::Function', { Properties: { Description: functionDescription } }),
  );
  const roleId = fn?.Properties.Role['Fn::GetAtt'][0] as string;
  const granted = Object.values(
    template.findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: roleId }] } }),
  );
  const own: { PolicyDocument: { Statement: Statement[] } }[] =
    template.toJSON().Resources[roleId].Properties.Policies;
  return [...granted.map(({ Properties }) => Properties), ...own]
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement as Statement[])
    .filter(({ Action }) => !/^(logs|xray):/.test(String(Action)))
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

describe('the template', () => {
  it('lets a step write its own document and read the data of its definition, nothing else', () => {
    expect(permissionsOf('Step PriceOrder of order')).toEqual([
      's3:GetObject processes/*/order/input.json',
      's3:GetObject processes/*/order/steps/*',
      's3:ListBucket the resource',
      's3:PutObject processes/*/order/steps/PriceOrder.json',
      's3:PutObject processes/*/order/steps/PriceOrder/*',
    ]);
  });

  it('lets only the step that starts another process invoke the function for it, which may start only that one', () => {
    const ownPermissions = permissionsOf('Step PriceOrder of order').map((permission) =>
      permission.replaceAll('PriceOrder', 'StartShipping'),
    );
    expect(permissionsOf('Step StartShipping of order')).toEqual([
      'lambda:InvokeFunction the resource',
      ...ownPermissions,
    ]);
    const start = permissionsOf('Starts processes for steps that start others');
    expect(start.filter((permission) => permission.startsWith('states:'))).toEqual([
      expect.stringMatching(/^states:StartExecution .*-shipping$/),
    ]);
    expect(start.filter((permission) => permission.includes('input.json'))).toEqual([
      's3:GetObject processes/*/shipping/input.json',
      's3:PutObject processes/*/shipping/input.json',
    ]);
  });

  it('has no function that starts processes for steps if no step starts one', () => {
    expect(JSON.stringify(withoutStarts.toJSON())).not.toContain('StartDownstream');
  });

  it('limits functions that start a process to the minute after which a start counts as abandoned', () => {
    const functions = Object.values(template.findResources('AWS::Lambda::Function'));
    const starting = functions.filter(({ Properties }) =>
      permissionsOf(Properties.Description).some((permission) =>
        permission.startsWith('states:StartExecution'),
      ),
    );
    expect(starting).toHaveLength(2);
    for (const { Properties } of starting)
      expect(Properties.Timeout * 1_000).toBeLessThanOrEqual(MAX_START_MS);
  });

  it('gives each field its own role, and no permission to write what a step has written', () => {
    expect(permissionsOf('Query.processState')).toEqual([
      'appsync:GraphQL types/Mutation/fields/publishProcessState',
      's3:DeleteObject running/*',
      's3:GetObject processes/*/state.json',
      's3:GetObject running/*',
      's3:ListBucket the resource',
      's3:PutObject processes/*/state.json',
      expect.stringMatching(/^states:DescribeExecution Sample-Facade-[0-9A-F]{8}-\*:\*$/),
    ]);
    expect(
      permissionsOf('Query.processData').filter((permission) => !permission.startsWith('s3:GetObject')),
    ).toEqual(['s3:ListBucket the resource']);
    expect(
      permissionsOf('Query.processHistory').filter((permission) => permission.startsWith('states:')),
    ).toEqual([expect.stringMatching(/^states:GetExecutionHistory Sample-Facade-[0-9A-F]{8}-\*:\*$/)]);
    expect(permissionsOf('Query.processDefinitions')).toEqual([]);
    for (const field of [
      'Mutation.startProcess',
      'Mutation.stopProcess',
      'Mutation.redriveProcess',
      'Query.processState',
    ]) {
      expect(permissionsOf(field).some((permission) => permission.includes('steps/'))).toBe(false);
    }
  });

  it('lets the recorder of status changes write and publish states, nothing else', () => {
    expect(permissionsOf('Records the status change of an execution and publishes it')).toEqual([
      'appsync:GraphQL types/Mutation/fields/publishProcessState',
      's3:DeleteObject running/*',
      's3:GetObject processes/*/state.json',
      's3:GetObject running/*',
      's3:ListBucket the resource',
      's3:PutObject processes/*/state.json',
      'sqs:SendMessage the resource',
    ]);
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
      Object.keys(sampleDefinitions).map((name) => ({
        service: 'states.amazonaws.com',
        account,
        source: expect.stringMatching(`:stateMachine:Sample-Facade-[0-9A-F]{8}-${name}"`),
      })),
    );
    expect(of('events')).toEqual([
      { service: 'events.amazonaws.com', account, source: expect.stringContaining(':rule/*') },
    ]);
    // The source that AppSync sends to IAM when it writes its logs is not documented.
    expect(of('appsync').map(({ source }) => source)).toEqual(
      expect.arrayContaining(['"any"', expect.stringContaining('"Arn"')]),
    );
    expect(trusted).toHaveLength(Object.keys(sampleDefinitions).length + 3);
  });
});
