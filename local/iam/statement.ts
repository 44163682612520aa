/**
 * The statements of a policy document, ready to be asked.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */
import * as z from 'zod';
import { ConditionElement, type RequestContext } from './conditions.ts';
import { wildcardTest } from './wildcards.ts';

/** What a role wants to do. */
export type AccessRequest = { roleArn: string; action: string; resource: string; context: RequestContext };

/** A statement, and whether it speaks of a request. */
export type Statement = {
  effect: 'Allow' | 'Deny';
  /** As the policy writes them; empty for one with `NotAction` or `NotResource`. */
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

const UNKNOWN_PRINCIPAL = { error: 'of principals, * and { AWS: * or ARNs of roles } are supported' };

/** Of other principals, those of other accounts and services, nobody comes here. */
const Principal = z
  .union(
    [z.literal('*').transform((AWS) => ({ AWS: [AWS] })), z.strictObject({ AWS: Texts })],
    UNKNOWN_PRINCIPAL,
  )
  .transform(({ AWS }): readonly string[] => AWS)
  .refine((arns) => arns.every((arn) => /^(\*|arn:aws:iam::\d{12}:role\/.+)$/.test(arn)), UNKNOWN_PRINCIPAL);

/** The document of a policy that is attached to a role. */
export const IdentityPolicy = documentOf(Elements);

/** The document of a policy that is attached to a resource and says whom it is for. */
export const ResourcePolicy = documentOf(Elements.extend({ Principal }));

type Element = z.infer<typeof Elements> & { Principal?: readonly string[] };

function documentOf(element: z.ZodType<Element>) {
  const statement = element
    .refine(({ Action, NotAction }) => !Action !== !NotAction, { error: 'either Action or NotAction' })
    .refine(({ Resource, NotResource }) => !Resource !== !NotResource, {
      error: 'either Resource or NotResource',
    })
    .transform(statementOf);
  return z
    .strictObject({
      Version: z.literal('2012-10-17'),
      Id: z.string().optional(),
      Statement: oneOrMore(statement),
    })
    .transform(({ Statement }) => Statement);
}

/**
 * A list, which a policy may leave out around a single item. A union of the two would not say what
 * is wrong with an item.
 */
function oneOrMore<Item extends z.ZodType>(item: Item) {
  return z.preprocess((value) => [value].flat(), z.array(item));
}

/**
 * A statement as one for each of its actions on each of its resources, which together mean the
 * same.
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
      (!principals || principals.includes('*') || principals.includes(roleArn)) &&
      (!Condition || Condition(context)),
  };
}

/** One of two lists is given: the text is to be in the first, or not in the second. */
function listTest(
  included: readonly string[] | undefined,
  excluded: readonly string[] | undefined,
  options?: { ignoreCase: boolean },
): (text: string) => boolean {
  const tests = (included ?? excluded ?? []).map((pattern) => wildcardTest(pattern, options));
  return (text) => tests.some((test) => test(text)) === (included !== undefined);
}
