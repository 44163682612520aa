/**
 * Where the steps run if they are in a VPC. The facade's own functions stay outside: they publish
 * to AppSync's public URL, to which no VPC endpoint leads.
 */
import { Annotations, Aspects, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/**
 * A VPC without a way to the internet, for steps that reach S3 and nothing else outside. It has two
 * zones, isolated subnets, and a gateway endpoint for S3, and costs nothing. The facade adds an
 * interface endpoint for Lambda, which costs something, if a step `starts` other processes.
 *
 * @example
 * new ProcessFacade(stack, 'Facade', { definitions, vpc: new IsolatedVpc(stack, 'Vpc') });
 */
export class IsolatedVpc extends ec2.Vpc {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'Steps', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
      gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
      // It would add a Lambda function of the CDK. Nothing is in the default group.
      restrictDefaultSecurityGroup: false,
    });
    acknowledge(this, 'VPC7', 'The subnets reach S3 only. Enable flow logs with vpc.addFlowLog.');
  }
}

type StepNetworkProps = {
  readonly vpc: ec2.IVpc;
  /** Whether a step starts other processes, for which it invokes a function. */
  readonly startsDownstream: boolean;
};

/** The security group of the steps, and the endpoints that they need. */
export class StepNetwork extends Construct {
  readonly vpc: ec2.IVpc;
  readonly securityGroup: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, { vpc, startsDownstream }: StepNetworkProps) {
    super(scope, id);
    this.vpc = vpc;
    this.securityGroup = new ec2.SecurityGroup(this, 'Steps', { vpc, description: 'Steps of processes' });
    if (startsDownstream && vpc instanceof IsolatedVpc) this.#addLambdaEndpoint();
    const services = startsDownstream ? ['s3', 'lambda'] : ['s3'];
    // When the tree is complete, because endpoints may be added later.
    Aspects.of(this).add({
      visit: (node) => {
        if (node === this) for (const service of services) this.#warnWithout(service);
      },
    });
  }

  #addLambdaEndpoint(): void {
    const description = 'Endpoint for Lambda';
    const group = new ec2.SecurityGroup(this, 'Endpoint', {
      ...{ vpc: this.vpc, description, allowAllOutbound: false },
    });
    group.addIngressRule(this.securityGroup, ec2.Port.HTTPS, 'Steps that start other processes');
    new ec2.InterfaceVpcEndpoint(this, 'Lambda', {
      vpc: this.vpc,
      service: ec2.InterfaceVpcEndpointAwsService.LAMBDA,
      securityGroups: [group],
      // Otherwise the group would be open to the whole VPC.
      open: false,
    });
  }

  /** Warns of isolated subnets without an endpoint. Nothing is known of an imported VPC. */
  #warnWithout(service: string): void {
    const { vpc } = this;
    if (!(vpc instanceof ec2.Vpc) || vpc.privateSubnets.length > 0 || endpointsOf(vpc).includes(service))
      return;
    Annotations.of(this).addWarningV2(
      `process-facade:noEndpoint:${service}`,
      `The steps are in isolated subnets of [${vpc.node.path}], which has no endpoint for ${service}: every step will time out. ` +
        (service === 's3'
          ? "Add vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 })"
          : "Add vpc.addInterfaceEndpoint('Lambda', { service: ec2.InterfaceVpcEndpointAwsService.LAMBDA })"),
    );
  }
}

/** Returns the services that the VPC has endpoints for, by the last part of their names. */
function endpointsOf(vpc: ec2.Vpc): string[] {
  const endpoints = vpc.node.root.node.findAll().filter((node) => node instanceof ec2.CfnVPCEndpoint);
  return endpoints.flatMap((endpoint) => {
    const text = (value: unknown) => JSON.stringify(Stack.of(endpoint).resolve(value));
    if (text(endpoint.vpcId) !== text(vpc.vpcId)) return [];
    return /\.(\w+)\W*$/.exec(text(endpoint.serviceName))?.[1] ?? [];
  });
}
