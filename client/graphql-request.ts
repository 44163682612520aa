import type { Credentials } from './credentials.ts';
import { RequestError } from './errors.ts';
import { type Http, unexpectedResponse } from './http.ts';
import type { Lifetime } from './lifetime.ts';
import { type Arguments, operation } from './operation.ts';

/**
 * Requests one field, once. Rejects with {@link RequestError}, or with the lifetime's reason.
 */
export type GraphqlRequest = <Result>(
  kind: 'query' | 'mutation',
  field: string,
  args: Arguments,
  selection: string,
  lifetime: Lifetime,
) => Promise<Result>;

type GraphqlResponse<Result> = {
  data?: Record<string, Result> | null;
  errors?: {
    message: string;
    errorType?: string | null;
    errorInfo?: unknown;
    path?: (string | number)[] | null;
  }[];
};

/**
 * Creates a function for GraphQL over HTTP POST. If the credential is rejected (401), a credential
 * function is called once more, because a token can expire in transit.
 */
export function createGraphqlRequest(url: string, credentials: Credentials, http: Http): GraphqlRequest {
  return async <Result>(
    kind: 'query' | 'mutation',
    field: string,
    args: Arguments,
    selection: string,
    lifetime: Lifetime,
  ) => {
    const body = JSON.stringify(operation(kind, field, args, selection));
    const post = async () => {
      if (lifetime.ended) throw lifetime.reason;
      const headers = { 'content-type': 'application/json', ...(await credentials.headers()) };
      return http(url, { method: 'POST', headers, body }, lifetime);
    };
    let response = await post();
    if (response.status === 401 && credentials.renewable) response = await post();

    const { status, text } = response;
    let parsed: GraphqlResponse<Result> | null = null;
    try {
      parsed = JSON.parse(text);
    } catch {
      // For example a proxy's page; rejected below.
    }
    const error = parsed?.errors?.[0];
    if (error) throw new RequestError(error.message, error.errorType ?? 'GraphQLError', status, error);
    if (!parsed?.data) throw unexpectedResponse(url, response);
    return parsed.data[field] as Result;
  };
}
