/**
 * The bucket that holds the data of all processes.
 */
import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/**
 * Browsers fetch documents over AppSync's response limit by presigned URL, so CORS allows any
 * origin. This grants no access: the signature in the URL does.
 */
const BROWSER_READS: s3.CorsRule = {
  allowedMethods: [s3.HttpMethods.GET, s3.HttpMethods.HEAD],
  allowedOrigins: ['*'],
  // `Range` and conditions, and the headers that tracing adds to every fetch of a page.
  allowedHeaders: ['*'],
  exposedHeaders: [
    ...['ETag', 'Content-Length', 'Content-Range', 'Accept-Ranges'],
    ...['x-amz-request-id', 'x-amz-id-2'],
  ],
  maxAge: 3600,
};

type DataBucketProps = {
  /** Age at which objects and their old versions expire. */
  readonly retention: Duration;
  readonly encryptionKey: kms.IKey | undefined;
};

/**
 * A versioned, encrypted, private bucket that accepts TLS only. It sends EventBridge an event for
 * every object, and it survives the stack.
 */
export class DataBucket extends s3.Bucket {
  constructor(scope: Construct, id: string, { retention, encryptionKey }: DataBucketProps) {
    super(scope, id, {
      versioned: true,
      ...(encryptionKey
        ? // A key for the bucket costs one request of KMS for many objects.
          { encryption: s3.BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
        : { encryption: s3.BucketEncryption.S3_MANAGED }),
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: RemovalPolicy.RETAIN,
      cors: [BROWSER_READS],
      lifecycleRules: [
        { expiration: retention, noncurrentVersionExpiration: retention },
        { expiredObjectDeleteMarker: true },
      ],
    });
    // Set on the resource: the `eventBridgeEnabled` prop would add a Lambda function of the CDK.
    (this.node.defaultChild as s3.CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
    for (const statement of writeOnceStatements(this)) this.addToResourcePolicy(statement);
    acknowledge(
      this,
      'S1',
      'Who started and read a process is in the logs of CloudTrail, if the team enables data events.',
    );
  }
}

/**
 * Returns what is denied to every role, whatever its own policies allow: unconditional overwrites
 * of any process data, and changing or deleting an input or a document. Deletion matters because a
 * free key could be written a second time. Operators can still delete versions; S3's own expiry
 * does not consult policies.
 *
 * The parts of a multipart upload carry no condition, its completion does
 * (`s3:ObjectCreationOperation`):
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 */
function writeOnceStatements(bucket: s3.Bucket): iam.PolicyStatement[] {
  const written = ['processes/*/input.json', 'processes/*/steps/*'];
  const deny = (sid: string, action: string, keys: readonly string[], absent?: Record<string, 'true'>) =>
    new iam.PolicyStatement({
      sid,
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions: [action],
      resources: keys.map((key) => bucket.arnForObjects(key)),
      ...(absent && { conditions: { Null: absent, Bool: { 's3:ObjectCreationOperation': 'true' } } }),
    });
  return [
    deny('ConditionalWritesOnly', 's3:PutObject', ['processes/*'], {
      's3:if-none-match': 'true',
      's3:if-match': 'true',
    }),
    deny('WrittenOnce', 's3:PutObject', written, { 's3:if-none-match': 'true' }),
    deny('NeverDeleted', 's3:DeleteObject', written),
  ];
}
