/**
 * The types of resources that the local runtime serves, with the properties that it uses and those
 * that it may ignore. It passes over every other type, and every resource with another property.
 */

/** A resource of a template, its intrinsic functions not yet evaluated. */
export type Resource = { Type: string; Properties?: Record<string, unknown>; Condition?: string };

type Properties = { used: readonly string[]; ignored: readonly string[] };

/**
 * Properties of any type that make no difference here: nobody else is on this machine, and a
 * permissions boundary can only deny more.
 */
const IGNORED_EVERYWHERE = ['Description', 'PermissionsBoundary', 'Tags'];

const SERVED: ReadonlyMap<string, Properties> = new Map(
  Object.entries({
    'AWS::AppSync::ApiKey': { used: ['ApiId', 'Expires'], ignored: [] },
    'AWS::AppSync::DataSource': {
      used: ['ApiId', 'LambdaConfig', 'Name', 'ServiceRoleArn', 'Type'],
      ignored: ['MetricsConfig'],
    },
    'AWS::AppSync::GraphQLApi': {
      used: [
        'AdditionalAuthenticationProviders',
        'AuthenticationType',
        'EnvironmentVariables',
        'IntrospectionConfig',
        'QueryDepthLimit',
        'ResolverCountLimit',
      ],
      // Logs, traces and metrics; the way to the API; who operates it.
      ignored: ['EnhancedMetricsConfig', 'LogConfig', 'Name', 'OwnerContact', 'Visibility', 'XrayEnabled'],
    },
    'AWS::AppSync::GraphQLSchema': { used: ['ApiId', 'Definition'], ignored: [] },
    'AWS::AppSync::Resolver': {
      used: ['ApiId', 'Code', 'DataSourceName', 'FieldName', 'Kind', 'Runtime', 'TypeName'],
      ignored: ['MetricsConfig'],
    },
    'AWS::Events::Rule': {
      used: ['EventPattern', 'Name', 'ScheduleExpression', 'State', 'Targets'],
      ignored: [],
    },
    'AWS::IAM::ManagedPolicy': {
      used: ['ManagedPolicyName', 'PolicyDocument', 'Roles'],
      // Nobody signs in here as a user.
      ignored: ['Groups', 'Path', 'Users'],
    },
    'AWS::IAM::Policy': { used: ['PolicyDocument', 'Roles'], ignored: ['Groups', 'PolicyName', 'Users'] },
    'AWS::IAM::Role': {
      used: ['ManagedPolicyArns', 'Policies', 'RoleName'],
      ignored: ['AssumeRolePolicyDocument', 'MaxSessionDuration', 'Path'],
    },
    'AWS::Lambda::EventInvokeConfig': {
      used: ['DestinationConfig', 'FunctionName', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts'],
      ignored: ['Qualifier'],
    },
    'AWS::Lambda::Function': {
      used: [
        'Code',
        'DeadLetterConfig',
        'Environment',
        'FunctionName',
        'Handler',
        'Layers',
        'MemorySize',
        'PackageType',
        'Role',
        'Runtime',
        'Timeout',
      ],
      ignored: [
        // How the code reaches AWS's machines, and which machines those are.
        'Architectures',
        'CodeSigningConfigArn',
        'RuntimeManagementConfig',
        'SnapStart',
        // Functions run on this machine's network and disk.
        'EphemeralStorage',
        'VpcConfig',
        // Nothing is encrypted, logged to CloudWatch, or traced.
        'KmsKeyArn',
        'LoggingConfig',
        'TracingConfig',
        // The environments of a function are few anyway.
        'RecursiveLoop',
        'ReservedConcurrentExecutions',
      ],
    },
    'AWS::S3::Bucket': {
      used: ['BucketName', 'CorsConfiguration', 'NotificationConfiguration', 'VersioningConfiguration'],
      ignored: [
        // Nothing is encrypted, copied, measured, or made public, and nothing expires.
        'AbacStatus',
        'AccelerateConfiguration',
        'AccessControl',
        'AnalyticsConfigurations',
        'BucketEncryption',
        'IntelligentTieringConfigurations',
        'InventoryConfigurations',
        'LifecycleConfiguration',
        'LoggingConfiguration',
        'MetadataConfiguration',
        'MetadataTableConfiguration',
        'MetricsConfigurations',
        'OwnershipControls',
        'PublicAccessBlockConfiguration',
        'ReplicationConfiguration',
        'WebsiteConfiguration',
      ],
    },
    'AWS::S3::BucketPolicy': { used: ['Bucket', 'PolicyDocument'], ignored: [] },
    'AWS::SQS::Queue': {
      used: ['MessageRetentionPeriod', 'QueueName', 'VisibilityTimeout'],
      ignored: [
        // Nothing is encrypted, and a message that is received often stays.
        'KmsDataKeyReusePeriodSeconds',
        'KmsMasterKeyId',
        'RedriveAllowPolicy',
        'RedrivePolicy',
        'SqsManagedSseEnabled',
      ],
    },
    'AWS::StepFunctions::StateMachine': {
      used: [
        'DefinitionString',
        'DefinitionSubstitutions',
        'RoleArn',
        'StateMachineName',
        'StateMachineType',
      ],
      ignored: ['EncryptionConfiguration', 'LoggingConfiguration', 'TracingConfiguration'],
    },
  }),
);

/** Types that do nothing here, so that nobody misses them. Nothing is said about them at start. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'AWS::CDK::Metadata',
  // What a stack is made of.
  'AWS::CloudFormation::Stack',
  'AWS::CloudFormation::WaitCondition',
  'AWS::CloudFormation::WaitConditionHandle',
  // The runtime prints logs itself, and measures nothing.
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Logs::LogGroup',
  'AWS::Logs::LogStream',
  'AWS::Logs::MetricFilter',
  'AWS::Logs::ResourcePolicy',
  // Services call each other, and functions reach everything on this machine.
  'AWS::EC2::EIP',
  'AWS::EC2::InternetGateway',
  'AWS::EC2::NatGateway',
  'AWS::EC2::NetworkAcl',
  'AWS::EC2::NetworkAclEntry',
  'AWS::EC2::Route',
  'AWS::EC2::RouteTable',
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::EC2::Subnet',
  'AWS::EC2::SubnetNetworkAclAssociation',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::EC2::VPCEndpoint',
  'AWS::EC2::VPCGatewayAttachment',
  'AWS::Lambda::Permission',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  // Nothing is encrypted. Requests to KMS are rejected.
  'AWS::KMS::Alias',
]);

/** The treatment of a resource. `unsupported` has the properties that it cannot ignore. */
export type Treatment =
  | { kind: 'served' }
  | { kind: 'withoutEffect' }
  | { kind: 'passedOver'; unsupported: readonly string[] };

/** Returns what the runtime does with a resource. */
export function treatmentOf({ Type, Properties = {} }: Resource): Treatment {
  if (WITHOUT_EFFECT.has(Type)) return { kind: 'withoutEffect' };
  const served = SERVED.get(Type);
  if (!served) return { kind: 'passedOver', unsupported: [] };
  const known = new Set([...served.used, ...served.ignored, ...IGNORED_EVERYWHERE]);
  const unsupported = Object.keys(Properties).filter((name) => !known.has(name));
  return unsupported.length === 0 ? { kind: 'served' } : { kind: 'passedOver', unsupported };
}
