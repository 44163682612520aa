import { AwsError } from '../common/aws-error.ts';

/** Thrown when Step Functions rejects a request, with status 400. */
export class ServiceError extends AwsError {
  override readonly name = 'ServiceError';

  constructor(code: string, message: string) {
    super(code, 400, message);
  }
}
