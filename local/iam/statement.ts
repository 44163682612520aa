/**
 * The statements of a policy document, compiled.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */
import * as z from 'zod';
import { ConditionElement, type RequestContext } from './conditions.ts';
import { wildcardTest } from './wildcards.ts';

/** A request of a role. */
export type AccessRequest = { roleArn: string; action: string; resource: string; context: RequestContext };

/** A statement, and whether it applies to a request. */
export type Statement = {
  effect: 'Allow' | 'Deny';
  /** As written in the policy; empty with `NotAction` or `NotResource`. */
  actions: readonly string[];
  resources: readonly string[];
  appliesTo(request: AccessRequest): boolean;
};

const Text = z
  .string()
  .refine((text) => !text.includes('${'), { error: 'policy variables are not supported' });
const Texts = oneOrMore(Text);

const Elements = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: Texts.optional(),
  NotAction: Texts.optional(),
  Resource: Texts.optional(),
  NotResource: Texts.optional(),
  Condition: ConditionElement.optional(),
});

const UNKNOWN_PRINCIPAL = { error: 'Expected the principal * or { AWS: * or ARNs }' };

const Principal = z
  .union(
    [z.literal('*').transform((AWS) => ({ AWS: [AWS] })), z.strictObject({ AWS: Texts })],
    UNKNOWN_PRINCIPAL,
  )
  .transform(({ AWS }): readonly string[] => AWS)
  .refine((arns) => arns.every((arn) => /^(\*|arn:aws:iam::[^:]*:.+)$/.test(arn)), UNKNOWN_PRINCIPAL);

/** The account as a principal is everyone in it who has the permission by a policy of their own. */
const ACCOUNT = /^arn:aws:iam::\d{12}:root$/;

/** The services whose requests are authorized here. */
const SERVED = ['appsync', 'lambda', 's3', 'sqs', 'states'];

/** The document of a policy that is attached to a role. */
export const IdentityPolicy = documentOf(Elements);

/** The document of a policy that is attached to a resource, with principals. */
export const ResourcePolicy = documentOf(Elements.extend({ Principal }));

type Element = z.infer<typeof Elements> & { Principal?: readonly string[] };

function documentOf(element: z.ZodType<Element>) {
  const statement = element
    .refine(({ Action, NotAction }) => !Action !== !NotAction, {
      error: 'Expected either Action or NotAction',
    })
    .refine(({ Resource, NotResource }) => !Resource !== !NotResource, {
      error: 'Expected either Resource or NotResource',
    })
    .transform(statementOf);
  // In its place, so that the others keep their index in messages.
  const readable = (item: unknown) =>
    statement.safeParse(item).success || mayApplyHere(item) ? item : appliesToNothing(item);
  return z
    .strictObject({
      Version: z.literal('2012-10-17'),
      Id: z.string().optional(),
      Statement: oneOrMore(z.preprocess(readable, statement)),
    })
    .transform(({ Statement }) => Statement);
}

/**
 * Returns whether a statement that is not supported may concern a request to the local runtime. A
 * statement on other services does not, nor one about principals that never call: AWS's own
 * services, federated users.
 */
function mayApplyHere(item: unknown): boolean {
  const { Action, Principal: principal = '*' } = Object(item) as { Action?: unknown; Principal?: unknown };
  const isCaller = principal === '*' || Object.hasOwn(Object(principal), 'AWS');
  const actions = Action === undefined ? ['*'] : [Action].flat().map(String);
  const services = actions.map((action) => wildcardTest(action.split(':')[0] ?? '', { ignoreCase: true }));
  return isCaller && services.some((isOf) => SERVED.some(isOf));
}

/**
 * A list or a single item. A union of the two would not report what is wrong with an item.
 */
function oneOrMore<Item extends z.ZodType>(item: Item) {
  return z.preprocess((value) => [value].flat(), z.array(item));
}

/**
 * Splits a statement into one for each of its actions on each of its resources.
 */
export function singlePermissions(statement: Statement): Statement[] {
  const { actions, resources } = statement;
  if (actions.length * resources.length <= 1) return [statement];
  return actions.flatMap((action) => {
    const isOfAction = wildcardTest(action, { ignoreCase: true });
    return resources.map((resource) => {
      const isOfResource = wildcardTest(resource);
      return {
        ...statement,
        actions: [action],
        resources: [resource],
        appliesTo: (request: AccessRequest) =>
          isOfAction(request.action) && isOfResource(request.resource) && statement.appliesTo(request),
      };
    });
  });
}

function statementOf(element: Element): Statement {
  const { Effect, Action, NotAction, Resource, NotResource, Principal: principals, Condition } = element;
  const isOfAction = listTest(Action, NotAction, { ignoreCase: true });
  const isOfResource = listTest(Resource, NotResource);
  return {
    effect: Effect,
    actions: Action ?? [],
    resources: Resource ?? [],
    appliesTo: ({ roleArn, action, resource, context }) =>
      isOfAction(action) &&
      isOfResource(resource) &&
      (!principals || principals.some((principal) => isPrincipal(principal, roleArn, Effect))) &&
      (!Condition || Condition(context)),
  };
}

function appliesToNothing(item: unknown): unknown {
  const principal = Object.hasOwn(Object(item), 'Principal') ? { Principal: '*' } : {};
  return { Effect: 'Allow', Action: [], Resource: [], ...principal };
}

function isPrincipal(principal: string, roleArn: string, effect: Statement['effect']): boolean {
  if (ACCOUNT.test(principal)) return effect === 'Deny' && principal.split(':')[4] === roleArn.split(':')[4];
  return principal === '*' || principal === roleArn;
}

/** Tests a text against one of two lists: it must match the first, or must not match the second. */
function listTest(
  included: readonly string[] | undefined,
  excluded: readonly string[] | undefined,
  options?: { ignoreCase: boolean },
): (text: string) => boolean {
  const tests = (included ?? excluded ?? []).map((pattern) => wildcardTest(pattern, options));
  return (text) => tests.some((test) => test(text)) === (included !== undefined);
}
