/**
 * The configuration of each service, read from the stack. The property names are CloudFormation's:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html
 */
import * as z from 'zod';
import { UnsupportedTemplate } from '../common/errors.ts';
import type { EvaluatedResource, Stack } from './stack.ts';

const text = z.string();
const number = z.coerce.number();

const FunctionProperties = z.object({
  Code: z.object({ S3Key: text }),
  Handler: text,
  Role: text,
  Runtime: z.literal('nodejs24.x'),
  Environment: z.object({ Variables: z.record(text, text) }).optional(),
  Timeout: number.default(3),
  MemorySize: number.default(128),
  DeadLetterConfig: z.object({ TargetArn: text }).optional(),
});

/** Returns the functions, with the folders of their code in the assembly. */
export function functionsOf(stack: Stack) {
  return stack.resources('AWS::Lambda::Function').map((resource) => {
    const properties = read(FunctionProperties, resource);
    return {
      name: resource.ref,
      arn: resource.arn,
      codeDir: stack.assetPath(properties.Code.S3Key),
      handler: properties.Handler,
      environment: properties.Environment?.Variables ?? {},
      timeoutSeconds: properties.Timeout,
      memoryMb: properties.MemorySize,
      roleArn: properties.Role,
    };
  });
}

const EventInvokeProperties = z.object({
  FunctionName: text,
  MaximumRetryAttempts: number.optional(),
  MaximumEventAgeInSeconds: number.optional(),
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: text }) }).optional(),
});

/**
 * Returns the settings of asynchronous invocations: retries, and the destinations of failed events.
 */
export function asyncInvokesOf(stack: Stack) {
  const settings = stack
    .resources('AWS::Lambda::EventInvokeConfig')
    .map((resource) => read(EventInvokeProperties, resource));
  return stack.resources('AWS::Lambda::Function').map((resource) => {
    const { DeadLetterConfig, Role } = read(FunctionProperties, resource);
    const setting = settings.find(({ FunctionName }) => FunctionName === resource.ref);
    return {
      functionArn: resource.arn,
      roleArn: Role,
      ...defined('maximumRetryAttempts', setting?.MaximumRetryAttempts),
      ...defined('maximumEventAgeInSeconds', setting?.MaximumEventAgeInSeconds),
      ...defined('onFailureArn', setting?.DestinationConfig?.OnFailure.Destination),
      ...defined('deadLetterArn', DeadLetterConfig?.TargetArn),
    };
  });
}

const onePattern = text.refine((value) => value.split('*').length <= 2, 'Expected at most one wildcard');
const CorsRuleProperties = z.strictObject({
  Id: text.optional(),
  AllowedOrigins: z.array(onePattern).min(1),
  AllowedMethods: z.array(z.enum(['GET', 'PUT', 'HEAD', 'POST', 'DELETE'])).min(1),
  AllowedHeaders: z.array(onePattern).default([]),
  ExposedHeaders: z.array(text.refine((value) => !value.includes('*'), 'Expected no wildcard')).default([]),
  MaxAge: number.optional(),
});
const BucketProperties = z.object({
  CorsConfiguration: z.strictObject({ CorsRules: z.array(CorsRuleProperties).min(1).max(100) }).optional(),
  VersioningConfiguration: z.object({ Status: text }).optional(),
  NotificationConfiguration: z
    .strictObject({ EventBridgeConfiguration: z.object({ EventBridgeEnabled: z.boolean() }) })
    .optional(),
});

/** Returns the buckets. */
export function bucketsOf(stack: Stack) {
  return stack.resources('AWS::S3::Bucket').map((resource) => {
    const properties = read(BucketProperties, resource);
    return {
      name: resource.ref,
      versioned: properties.VersioningConfiguration?.Status === 'Enabled',
      eventBridge: properties.NotificationConfiguration?.EventBridgeConfiguration.EventBridgeEnabled ?? false,
      cors: (properties.CorsConfiguration?.CorsRules ?? []).map((rule) => ({
        allowedOrigins: rule.AllowedOrigins,
        allowedMethods: rule.AllowedMethods,
        allowedHeaders: rule.AllowedHeaders,
        exposedHeaders: rule.ExposedHeaders,
        ...defined('maxAgeSeconds', rule.MaxAge),
      })),
    };
  });
}

const MachineProperties = z.object({
  StateMachineName: text.optional(),
  StateMachineType: z.literal('STANDARD').optional(),
  DefinitionString: text,
  DefinitionSubstitutions: z.record(text, text).default({}),
  RoleArn: text,
});

/** Returns the state machines, with the ARNs of their functions filled in. */
export function machinesOf(stack: Stack) {
  return stack.resources('AWS::StepFunctions::StateMachine').map((resource) => {
    const properties = read(MachineProperties, resource);
    const definition = properties.DefinitionString.replace(
      /\$\{([A-Za-z0-9_-]+)\}/g,
      (placeholder, name: string) => {
        const value = properties.DefinitionSubstitutions[name];
        if (value === undefined)
          throw new UnsupportedTemplate([`${placeholder} in ${resource.id}, which has no substitution`]);
        return value;
      },
    );
    return {
      arn: resource.arn,
      name: properties.StateMachineName ?? resource.id,
      definition: JSON.parse(definition) as unknown,
      roleArn: properties.RoleArn,
    };
  });
}

const TargetProperties = z.strictObject({
  Id: text,
  Arn: text,
  RoleArn: text.optional(),
  Input: text.optional(),
  InputPath: text.optional(),
  InputTransformer: z
    .object({ InputPathsMap: z.record(text, text).optional(), InputTemplate: text })
    .optional(),
  AppSyncParameters: z.object({ GraphQLOperation: text }).optional(),
  RetryPolicy: z
    .object({ MaximumRetryAttempts: number.optional(), MaximumEventAgeInSeconds: number.optional() })
    .optional(),
  DeadLetterConfig: z.object({ Arn: text }).optional(),
});
const RuleProperties = z.object({
  Name: text.optional(),
  EventPattern: z.record(text, z.unknown()).optional(),
  ScheduleExpression: text.optional(),
  State: text.default('ENABLED'),
  Targets: z.array(TargetProperties).default([]),
});

/** Returns the rules of the default event bus. */
export function rulesOf(stack: Stack) {
  return stack.resources('AWS::Events::Rule').map((resource) => {
    const properties = read(RuleProperties, resource);
    return {
      name: properties.Name ?? resource.id,
      arn: resource.arn,
      ...defined('pattern', properties.EventPattern),
      ...defined('schedule', properties.ScheduleExpression),
      enabled: properties.State === 'ENABLED',
      targets: properties.Targets.map(targetOf),
    };
  });
}

function targetOf(target: z.infer<typeof TargetProperties>) {
  const { InputTransformer: transformer, RetryPolicy: retry, AppSyncParameters: appSync } = target;
  return {
    id: target.Id,
    arn: target.Arn,
    roleArn: target.RoleArn,
    input: target.Input,
    inputPath: target.InputPath,
    inputTransformer: transformer && {
      inputPathsMap: transformer.InputPathsMap,
      inputTemplate: transformer.InputTemplate,
    },
    appSync: appSync && { graphQLOperation: appSync.GraphQLOperation },
    retryPolicy: retry && {
      maximumRetryAttempts: retry.MaximumRetryAttempts,
      maximumEventAgeInSeconds: retry.MaximumEventAgeInSeconds,
    },
    deadLetterArn: target.DeadLetterConfig?.Arn,
  };
}

const QueueProperties = z.object({
  QueueName: text.optional(),
  VisibilityTimeout: number.optional(),
  MessageRetentionPeriod: number.optional(),
});

/** Returns the queues. */
export function queuesOf(stack: Stack) {
  return stack.resources('AWS::SQS::Queue').map((resource) => {
    const properties = read(QueueProperties, resource);
    return {
      name: properties.QueueName ?? resource.id,
      arn: resource.arn,
      url: resource.ref,
      ...defined('visibilityTimeoutSeconds', properties.VisibilityTimeout),
      ...defined('retentionSeconds', properties.MessageRetentionPeriod),
    };
  });
}

/**
 * Parses a resource's properties. Throws {@link UnsupportedTemplate} with the properties that are
 * not valid.
 */
export function read<Output>(schema: z.ZodType<Output>, { id, properties }: EvaluatedResource): Output {
  const result = schema.safeParse(properties);
  if (result.success) return result.data;
  throw new UnsupportedTemplate(
    result.error.issues.map(({ path, message }) => `property ${path.join('.')} of ${id}: ${message}`),
  );
}

/** Returns an object with the property, or an empty one if the value is undefined. */
export function defined<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>);
}
