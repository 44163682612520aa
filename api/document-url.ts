import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { documentKey } from '../core/documents.ts';
import type { DataRef, StepRef } from '../core/keys.ts';
import type { Bucket } from '../core/objects.ts';

/** Long enough to begin a download, short enough that a leaked address is soon worth nothing. */
const EXPIRES_IN_SECONDS = 900;

/** An address from which anybody who has it can read the one document, for 15 minutes. */
export function documentUrl(bucket: Bucket, data: DataRef, step: StepRef): Promise<string> {
  const command = new GetObjectCommand({ Bucket: bucket.name, Key: documentKey(data, step) });
  return getSignedUrl(bucket.client, command, { expiresIn: EXPIRES_IN_SECONDS });
}
