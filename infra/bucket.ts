/**
 * The bucket of all processes' data.
 */
import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/**
 * Documents over AppSync's response limit reach a page by a presigned URL, so browsers must be allowed to fetch them from
 * any origin. This opens nothing: CORS is no permission on S3, the signature in the URL is.
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

/** Versioned, encrypted, private, over TLS only; sends EventBridge an event for every object; survives the stack. */
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
  bucket.addToResourcePolicy(conditionalWritesOnly(bucket));
  return bucket;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html */
function conditionalWritesOnly(bucket: s3.Bucket): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'ConditionalWritesOnly',
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: ['s3:PutObject'],
    resources: [bucket.arnForObjects('processes/*')],
    conditions: {
      Null: { 's3:if-none-match': 'true', 's3:if-match': 'true' },
      Bool: { 's3:ObjectCreationOperation': 'true' },
    },
  });
}
