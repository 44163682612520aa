/**
 * The resources and properties of a CloudFormation template that the local runtime serves or
 * ignores. It rejects all others.
 */

/** A resource of a template, its intrinsic functions not yet evaluated. */
type Resource = { Type: string; Properties?: Record<string, unknown> };

/** The parts of a template that are read. */
export type Template = { Resources: Record<string, Resource>; Outputs?: Record<string, { Value: unknown }> };

/**
 * The properties that the runtime uses or may ignore, by resource type. Any other property is
 * rejected by name.
 */
const KNOWN: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    'AWS::AppSync::ApiKey': ['ApiId', 'Description', 'Expires'],
    'AWS::AppSync::DataSource': ['ApiId', 'LambdaConfig', 'Name', 'ServiceRoleArn', 'Type'],
    'AWS::AppSync::GraphQLApi': [
      'AdditionalAuthenticationProviders',
      'AuthenticationType',
      'EnvironmentVariables',
      'IntrospectionConfig',
      'LogConfig',
      'Name',
      'QueryDepthLimit',
      'ResolverCountLimit',
      'XrayEnabled',
    ],
    'AWS::AppSync::GraphQLSchema': ['ApiId', 'Definition'],
    'AWS::AppSync::Resolver': ['ApiId', 'Code', 'DataSourceName', 'FieldName', 'Kind', 'Runtime', 'TypeName'],
    'AWS::CDK::Metadata': ['Analytics'],
    'AWS::CloudWatch::Alarm': [
      'AlarmDescription',
      'ComparisonOperator',
      'Dimensions',
      'EvaluationPeriods',
      'MetricName',
      'Namespace',
      'Period',
      'Statistic',
      'Threshold',
      'TreatMissingData',
    ],
    'AWS::Events::Rule': ['Description', 'EventPattern', 'Name', 'ScheduleExpression', 'State', 'Targets'],
    'AWS::IAM::Policy': ['PolicyDocument', 'PolicyName', 'Roles'],
    'AWS::IAM::Role': ['AssumeRolePolicyDocument', 'Description', 'ManagedPolicyArns', 'Policies'],
    'AWS::Lambda::EventInvokeConfig': [
      'DestinationConfig',
      'FunctionName',
      'MaximumEventAgeInSeconds',
      'MaximumRetryAttempts',
      'Qualifier',
    ],
    'AWS::Lambda::Function': [
      'Architectures',
      'Code',
      'DeadLetterConfig',
      'Description',
      'Environment',
      'FunctionName',
      'Handler',
      'LoggingConfig',
      'MemorySize',
      'Role',
      'Runtime',
      'Timeout',
      'TracingConfig',
    ],
    'AWS::Lambda::Permission': ['Action', 'FunctionName', 'Principal', 'SourceAccount', 'SourceArn'],
    'AWS::Logs::LogGroup': ['LogGroupName', 'RetentionInDays'],
    'AWS::S3::Bucket': [
      'BucketEncryption',
      'BucketName',
      'CorsConfiguration',
      'LifecycleConfiguration',
      'NotificationConfiguration',
      'OwnershipControls',
      'PublicAccessBlockConfiguration',
      'VersioningConfiguration',
    ],
    'AWS::S3::BucketPolicy': ['Bucket', 'PolicyDocument'],
    'AWS::SQS::Queue': ['MessageRetentionPeriod', 'QueueName', 'SqsManagedSseEnabled', 'VisibilityTimeout'],
    'AWS::SQS::QueuePolicy': ['PolicyDocument', 'Queues'],
    'AWS::StepFunctions::StateMachine': [
      'DefinitionString',
      'DefinitionSubstitutions',
      'LoggingConfiguration',
      'RoleArn',
      'StateMachineName',
      'StateMachineType',
      'TracingConfiguration',
    ],
  }),
);

/**
 * Returns every unsupported resource type and property, each as one phrase; an empty list if the
 * runtime can serve the template.
 */
export function findUnsupported(template: Template): string[] {
  return Object.entries(template.Resources).flatMap(([id, { Type, Properties = {} }]) => {
    const known = KNOWN.get(Type);
    if (!known) return [`resource ${id} of type ${Type}`];
    return Object.keys(Properties)
      .filter((property) => !known.includes(property))
      .map((property) => `property ${property} of ${id} (${Type})`);
  });
}
