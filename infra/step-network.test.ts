/** The template alone shows that every function reaches what it calls, in a VPC too. */
import { Annotations, Match, type Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { describe, expect, it } from 'vitest';
import type { DefinitionProps } from './definition.ts';
import { sampleDefinitions } from './sample-definitions.ts';
import { IsolatedVpc } from './step-network.ts';
import { synthesizeFacade } from './synthesize-for-test.ts';

const { order, shipping } = sampleDefinitions as Record<string, DefinitionProps>;
const definitions = { order, shipping } as Record<string, DefinitionProps>;

const inNoVpc = synthesizeFacade(definitions);
const inMadeVpc = synthesizeFacade(definitions, (stack) => ({
  vpc: new IsolatedVpc(stack, 'Vpc'),
}));
const withoutStarts = synthesizeFacade({ shipping } as Record<string, DefinitionProps>, (stack) => ({
  vpc: new IsolatedVpc(stack, 'Vpc'),
}));
const inVpcWithNat = synthesizeFacade(definitions, (stack) => ({
  vpc: new ec2.Vpc(stack, 'Vpc'),
}));
const inVpcWithoutEndpoints = synthesizeFacade(definitions, (stack) => ({
  vpc: new ec2.Vpc(stack, 'Vpc', {
    natGateways: 0,
    subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
  }),
}));
const inImportedVpc = synthesizeFacade(definitions, (stack) => ({
  vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    ...{ vpcId: 'vpc-1', availabilityZones: ['a', 'b'], isolatedSubnetIds: ['subnet-1', 'subnet-2'] },
    isolatedSubnetRouteTableIds: ['rtb-1', 'rtb-2'],
  }),
}));

/** Of any resource. */
type Properties = ReturnType<Template['findResources']>[string];
type Resources = Record<string, { Type: string; Properties: Properties }>;

/**
 * Services that a function does not call itself: Lambda writes its logs and traces, sends to its
 * dead-letter queue and creates its network interfaces, and S3 uses the key of the bucket.
 */
const CALLED_FOR_IT = ['logs', 'xray', 'sqs', 'ec2', 'kms'];

/** Returns, for every function, the services that it calls and what leads to each. */
function routesOf({ template }: ReturnType<typeof synthesizeFacade>): Record<string, Record<string, string>> {
  const { Resources } = template.toJSON() as { Resources: Resources };
  const functions = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  return Object.fromEntries(
    functions.map(({ Properties }) => {
      const services = servicesOf(Resources, Properties);
      const route = (service: string) => routeTo(Resources, Properties.VpcConfig, service);
      return [Properties.Description, Object.fromEntries(services.map((each) => [each, route(each)]))];
    }),
  );
}

/** Returns the services that the role of the function may call. */
function servicesOf(resources: Resources, { Role, Environment }: Properties): string[] {
  const roleId = Role['Fn::GetAtt'][0] as string;
  const granted = Object.values(resources).filter(
    ({ Type, Properties }) => Type === 'AWS::IAM::Policy' && refers(Properties.Roles, roleId),
  );
  const policies = [
    ...granted.map(({ Properties }) => Properties),
    ...(resources[roleId]?.Properties.Policies ?? []),
  ];
  const actions = policies.flatMap(({ PolicyDocument }) =>
    PolicyDocument.Statement.flatMap(({ Action }: Properties) => Action),
  );
  const services = new Set(actions.map((action: string) => action.split(':')[0] as string));
  // The permission to publish and the URL to publish to come together.
  expect('GRAPHQL_URL' in Environment.Variables).toBe(services.has('appsync'));
  return [...services].filter((service) => !CALLED_FOR_IT.includes(service)).sort();
}

/** Returns what leads from a function to a service: the internet, or an endpoint of its VPC. */
function routeTo(resources: Resources, vpc: Properties | undefined, service: string): string {
  if (!vpc) return 'internet';
  const of = (type: string): Properties[] =>
    Object.entries(resources).flatMap(([id, { Type, Properties }]) =>
      Type === type ? [{ id, ...Properties }] : [],
    );
  const tables = of('AWS::EC2::SubnetRouteTableAssociation')
    .filter(({ SubnetId }) => refers(vpc.SubnetIds, SubnetId.Ref))
    .map(({ RouteTableId }) => RouteTableId.Ref as string);
  expect(tables).toHaveLength(vpc.SubnetIds.length);
  const toInternet = of('AWS::EC2::Route').filter(
    ({ DestinationCidrBlock, NatGatewayId }) => DestinationCidrBlock === '0.0.0.0/0' && NatGatewayId,
  );
  if (tables.every((table) => toInternet.some(({ RouteTableId }) => RouteTableId.Ref === table)))
    return 'NAT';
  const endpoints = of('AWS::EC2::VPCEndpoint').filter(({ ServiceName }) =>
    JSON.stringify(ServiceName).match(new RegExp(`\\.${service}\\b`)),
  );
  for (const {
    VpcEndpointType,
    RouteTableIds,
    SubnetIds,
    SecurityGroupIds,
    PrivateDnsEnabled,
  } of endpoints) {
    if (VpcEndpointType === 'Gateway' && tables.every((table) => refers(RouteTableIds, table)))
      return 'gateway endpoint';
    const opened = of('AWS::EC2::SecurityGroupIngress').some(
      ({ GroupId, SourceSecurityGroupId, FromPort, ToPort }) =>
        [FromPort, ToPort].every((port) => port === 443) &&
        refers(SecurityGroupIds, GroupId['Fn::GetAtt'][0]) &&
        refers(vpc.SecurityGroupIds, SourceSecurityGroupId['Fn::GetAtt'][0]),
    );
    if (VpcEndpointType === 'Interface' && PrivateDnsEnabled && SubnetIds.length > 0 && opened)
      return 'interface endpoint';
  }
  return 'none';
}

const refers = (value: unknown, id: string) => JSON.stringify(value).includes(`"${id}"`);

/** The functions outside of any VPC, and what they call. */
const OWN = {
  'Starts processes for steps that start others': { s3: 'internet', states: 'internet' },
  'Query.processState': { appsync: 'internet', s3: 'internet', states: 'internet' },
  'Query.processData': { s3: 'internet' },
  'Query.processHistory': { s3: 'internet', states: 'internet' },
  'Query.processDefinitions': {},
  'Mutation.startProcess': { s3: 'internet', states: 'internet' },
  'Mutation.stopProcess': { appsync: 'internet', s3: 'internet', states: 'internet' },
  'Mutation.redriveProcess': { s3: 'internet', states: 'internet' },
  'Records the status change of an execution and publishes it': { appsync: 'internet', s3: 'internet' },
  'Repairs the states of processes whose events were lost': {
    ...{ appsync: 'internet', s3: 'internet', states: 'internet' },
  },
};
const STEPS = [
  ...['ValidateOrder', 'PriceOrder', 'ReserveStock', 'AuthorizePayment', 'ConfirmOrder', 'ReleaseStock'].map(
    (step) => `Step ${step} of order`,
  ),
  ...['Pick', 'Pack', 'Dispatch'].map((step) => `Step ${step} of shipping`),
];
const STARTER = 'Step StartShipping of order';

const allFunctions = (s3: string, lambda: string) => ({
  ...OWN,
  ...Object.fromEntries(STEPS.map((step) => [step, { s3 }])),
  [STARTER]: { s3, lambda },
});

describe('every function reaches what it calls', () => {
  it('without a VPC', () => {
    expect(routesOf(inNoVpc)).toEqual(allFunctions('internet', 'internet'));
  });

  it('with steps in an isolated VPC: S3 by a gateway endpoint, Lambda by an interface endpoint', () => {
    expect(routesOf(inMadeVpc)).toEqual(allFunctions('gateway endpoint', 'interface endpoint'));
  });

  it('with steps in a VPC that has a NAT gateway', () => {
    expect(routesOf(inVpcWithNat)).toEqual(allFunctions('NAT', 'NAT'));
  });
});

describe('a VPC', () => {
  it('without a step that starts others costs nothing: no interface endpoint, no NAT, no address', () => {
    withoutStarts.template.resourceCountIs('AWS::EC2::VPCEndpoint', 1);
    withoutStarts.template.hasResourceProperties('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' });
    for (const type of ['NatGateway', 'InternetGateway', 'EIP'])
      inMadeVpc.template.resourceCountIs(`AWS::EC2::${type}`, 0);
  });

  it('without the endpoints that its steps need is a warning that says what to add', () => {
    expect(routesOf(inVpcWithoutEndpoints)).toEqual(allFunctions('none', 'none'));
    const warnings = ({ stack }: typeof inNoVpc) =>
      Annotations.fromStack(stack)
        .findWarning('*', Match.anyValue())
        .map(({ id, entry }) => `${id}: ${entry.data}`);
    expect(warnings(inVpcWithoutEndpoints)).toEqual([
      expect.stringMatching(
        /^\/Sample\/Facade\/Network: .*\[Sample\/Vpc\].*no endpoint for s3.*addGatewayEndpoint/,
      ),
      expect.stringMatching(/no endpoint for lambda.*addInterfaceEndpoint/),
    ]);
    for (const each of [inMadeVpc, inVpcWithNat, inImportedVpc, withoutStarts])
      expect(warnings(each)).toEqual([]);
  });

  it('gives only the steps the permission that Lambda needs for it', () => {
    const roles = Object.entries(inMadeVpc.template.findResources('AWS::IAM::Role')).filter(
      ([, { Properties }]) => JSON.stringify(Properties).includes('ec2:CreateNetworkInterface'),
    );
    expect(roles).toHaveLength(STEPS.length + 1);
  });
});
