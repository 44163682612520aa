/**
 * The bucket of all processes' data.
 */
import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/**
 * Documents over AppSync's response limit reach a page by a presigned URL, so browsers must be
 * allowed to fetch them from any origin. This opens nothing: CORS is no permission on S3, the
 * signature in the URL is.
 */
const pagesReadByPresignedUrl: s3.CorsRule = {
  allowedMethods: [s3.HttpMethods.GET, s3.HttpMethods.HEAD],
  allowedOrigins: ['*'],
  // `Range` and conditions; also what tracing adds to every fetch of a page.
  allowedHeaders: ['*'],
  exposedHeaders: [
    ...['ETag', 'Content-Length', 'Content-Range', 'Accept-Ranges'],
    ...['x-amz-request-id', 'x-amz-id-2'],
  ],
  maxAge: 3600,
};

/**
 * Versioned, encrypted, private, over TLS only; sends EventBridge an event for every object;
 * survives the stack.
 */
export function createBucket(scope: Construct, dataRetention: Duration): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'Data', {
    versioned: true,
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    removalPolicy: RemovalPolicy.RETAIN,
    cors: [pagesReadByPresignedUrl],
    lifecycleRules: [
      { expiration: dataRetention, noncurrentVersionExpiration: dataRetention },
      { expiredObjectDeleteMarker: true },
    ],
  });
  // The resource's own property: `eventBridgeEnabled` would add a Lambda of the CDK's to set it.
  (bucket.node.defaultChild as s3.CfnBucket).notificationConfiguration = {
    eventBridgeConfiguration: { eventBridgeEnabled: true },
  };
  for (const statement of writtenOnce(bucket)) bucket.addToResourcePolicy(statement);
  return bucket;
}

/**
 * What no role can do, whatever its own policies say: overwrite anything of a process without a
 * condition, and change or delete an input or a document at all. Deleting comes first there: a key
 * that is free again could be written again. To delete for ever, by version, is left to operators;
 * S3's own expiry asks no policy.
 *
 * Parts of a multipart upload bear no condition, its completion does
 * (`s3:ObjectCreationOperation`):
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 */
function writtenOnce(bucket: s3.Bucket): iam.PolicyStatement[] {
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
