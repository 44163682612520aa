import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnsupportedTemplate } from '../common/errors.ts';
import type { RequestContext } from './conditions.ts';
import { createIam } from './iam.ts';

type StatementElements = Record<string, unknown>;
type Policies = {
  inline?: StatementElements[];
  attached?: StatementElements[];
  bucket?: StatementElements[];
  managed?: string[];
};

const ROLE = 'arn:aws:iam::000000000000:role/Step';
const OTHER_ROLE = 'arn:aws:iam::000000000000:role/Other';
const ADMINISTRATOR = 'arn:aws:iam::000000000000:role/Administrator';
const BUCKET = 'arn:aws:s3:::data';
const KEY = `${BUCKET}/processes/api-key/1/steps/A.json`;

/** The permissions of two roles: one with these policies, the other with none; a bucket `data`. */
function iamOf({ inline = [], attached = [], bucket = [], managed = [] }: Policies) {
  const policy = (resourceId: string, path: string, Statement: StatementElements[]) => ({
    resourceId,
    path,
    document: { Version: '2012-10-17', Statement },
  });
  return createIam(
    {
      roles: [
        {
          id: 'Step',
          arn: ROLE,
          managedPolicyArns: managed,
          policies: [
            policy('Step', 'Policies.0.PolicyDocument', inline),
            policy('Attached', 'PolicyDocument', attached),
          ],
        },
        { id: 'Other', arn: OTHER_ROLE, managedPolicyArns: [], policies: [] },
      ],
      bucketPolicies: [{ bucketArn: BUCKET, policy: policy('OfBucket', 'PolicyDocument', bucket) }],
    },
    ADMINISTRATOR,
  );
}

const allow = (elements: StatementElements): StatementElements => ({
  Effect: 'Allow',
  Action: 's3:PutObject',
  Resource: '*',
  ...elements,
});
const deny = (elements: StatementElements): StatementElements => ({ ...allow(elements), Effect: 'Deny' });

describe('a role', () => {
  it('may do nothing without a policy', () => {
    const iam = iamOf({ attached: [allow({})] });
    expect(iam.explainDenial(OTHER_ROLE, 's3:PutObject', KEY)).toBe(
      'because no identity-based policy allows the s3:PutObject action',
    );
    expect(iam.isAllowed('arn:aws:iam::000000000000:role/Unknown', 's3:PutObject', KEY)).toBe(false);
  });

  it.each([
    ['a list of actions', { Action: ['s3:GetObject', 's3:PutObject'] }, true],
    ['another action', { Action: ['s3:GetObject'] }, false],
    ['an action in other letters', { Action: 'S3:putobject' }, true],
    ['an action with a wildcard', { Action: 's3:Put*' }, true],
    ['all actions of another service', { Action: 'sqs:*' }, false],
    ['all but another action', { Action: undefined, NotAction: 's3:GetObject' }, true],
    ['all but this action', { Action: undefined, NotAction: ['s3:Put*', 'sqs:*'] }, false],
    ['the resource', { Resource: KEY }, true],
    ['a list of resources', { Resource: [BUCKET, `${BUCKET}/processes/*/steps/A.json`] }, true],
    ['the bucket but not its objects', { Resource: BUCKET }, false],
    ['another step', { Resource: `${BUCKET}/processes/*/steps/B.json` }, false],
    ['a resource in other letters', { Resource: KEY.toUpperCase() }, false],
    ['all but another resource', { Resource: undefined, NotResource: `${BUCKET}/index/*` }, true],
    ['all but this resource', { Resource: undefined, NotResource: `${BUCKET}/processes/*` }, false],
  ])('whose policy allows %s %o is allowed: %s', (_, elements, allowed) => {
    expect(iamOf({ attached: [allow(elements)] }).isAllowed(ROLE, 's3:PutObject', KEY)).toBe(allowed);
    expect(iamOf({ inline: [allow(elements)] }).isAllowed(ROLE, 's3:PutObject', KEY)).toBe(allowed);
  });

  it('is denied what one of its policies denies, whatever another allows', () => {
    const iam = iamOf({
      inline: [deny({ Resource: KEY })],
      attached: [allow({})],
      bucket: [allow({ Principal: '*' })],
    });
    expect(iam.explainDenial(ROLE, 's3:PutObject', KEY)).toBe(
      'with an explicit deny in an identity-based policy',
    );
    expect(iam.isAllowed(ROLE, 's3:PutObject', `${BUCKET}/other`)).toBe(true);
  });

  it('has no right from the managed policy that lets functions write logs', () => {
    const managed = ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'];
    expect(iamOf({ managed }).isAllowed(ROLE, 's3:PutObject', KEY)).toBe(false);
  });
});

describe('the permissions of the roles', () => {
  const iam = iamOf({
    attached: [allow({ Action: ['s3:GetObject', 's3:PutObject'], Resource: [KEY, `${BUCKET}/other`] })],
  });
  const permission = { roleArn: ROLE, action: 's3:PutObject', resource: KEY };

  it('are listed one by one', () => {
    expect(iam.permissions.list()).toEqual(
      ['s3:GetObject', 's3:PutObject'].flatMap((action) =>
        [KEY, `${BUCKET}/other`].map((resource) => ({ roleArn: ROLE, action, resource })),
      ),
    );
  });

  it('are withheld one by one, and restored', () => {
    const restore = iam.permissions.withhold(permission);
    expect(iam.isAllowed(ROLE, 's3:PutObject', KEY)).toBe(false);
    expect(iam.isAllowed(ROLE, 's3:GetObject', KEY)).toBe(true);
    expect(iam.isAllowed(ROLE, 's3:PutObject', `${BUCKET}/other`)).toBe(true);
    restore();
    expect(iam.isAllowed(ROLE, 's3:PutObject', KEY)).toBe(true);
  });

  it('are reported when they allow something', () => {
    const used: unknown[] = [];
    const stop = iam.permissions.watch((each) => used.push(each));
    iam.isAllowed(ROLE, 's3:PutObject', KEY);
    iam.isAllowed(ROLE, 's3:DeleteObject', KEY);
    stop();
    iam.isAllowed(ROLE, 's3:GetObject', KEY);
    expect(used).toEqual([permission]);
  });
});

describe('a bucket policy', () => {
  it.each([
    ['everyone', '*', true],
    ['everyone, as AWS', { AWS: '*' }, true],
    ['the role', { AWS: ROLE }, true],
    ['several roles', { AWS: [OTHER_ROLE, ROLE] }, true],
    ['another role', { AWS: OTHER_ROLE }, false],
  ])('speaks of %s', (_, Principal, speaks) => {
    const denying = iamOf({ attached: [allow({})], bucket: [deny({ Principal })] });
    expect(denying.explainDenial(ROLE, 's3:PutObject', KEY)).toBe(
      speaks ? 'with an explicit deny in a resource-based policy' : undefined,
    );
    expect(iamOf({ bucket: [allow({ Principal })] }).isAllowed(ROLE, 's3:PutObject', KEY)).toBe(speaks);
  });

  it('says nothing of another bucket, nor of another service', () => {
    const iam = iamOf({
      attached: [allow({ Action: '*' })],
      bucket: [deny({ Action: '*', Principal: '*' })],
    });
    expect(iam.isAllowed(ROLE, 's3:ListBucket', BUCKET)).toBe(false);
    expect(iam.isAllowed(ROLE, 's3:ListBucket', 'arn:aws:s3:::database')).toBe(true);
    expect(iam.isAllowed(ROLE, 'sqs:SendMessage', 'arn:aws:sqs:us-east-1:000000000000:data')).toBe(true);
  });

  it('is the only one to deny the administrator something', () => {
    const iam = iamOf({ bucket: [deny({ Principal: '*' })] });
    expect(iam.isAllowed(ADMINISTRATOR, 's3:GetObject', KEY)).toBe(true);
    expect(iam.isAllowed(ADMINISTRATOR, 's3:PutObject', KEY)).toBe(false);
  });
});

describe('a condition', () => {
  const written: RequestContext = { 's3:ObjectCreationOperation': 'true', 's3:if-match': 'abc' };

  it.each<[Record<string, unknown>, boolean]>([
    [{ Null: { 's3:if-none-match': 'true' } }, true],
    [{ Null: { 's3:if-none-match': 'false' } }, false],
    [{ Null: { 's3:if-match': true } }, false],
    [{ Null: { 's3:if-match': false } }, true],
    [{ Null: { 's3:if-none-match': 'true', 's3:if-match': 'true' } }, false],
    [{ Bool: { 's3:ObjectCreationOperation': 'true' } }, true],
    [{ Bool: { 'S3:objectcreationoperation': 'TRUE' } }, true],
    [{ Bool: { 's3:ObjectCreationOperation': 'false' } }, false],
    [{ Bool: { 's3:if-none-match': 'false' } }, false],
    [{ Bool: { 's3:ObjectCreationOperation': 'true' }, Null: { 's3:if-match': 'true' } }, false],
    [{ StringEquals: { 's3:if-match': ['xyz', 'abc'] } }, true],
    [{ StringEquals: { 's3:if-match': 'ABC' } }, false],
    [{ StringEquals: { 's3:if-match': 'a*' } }, false],
    [{ StringLike: { 's3:if-match': 'a*' } }, true],
    [{ StringLike: { 's3:if-match': 'b*' } }, false],
    [{ StringLike: { 's3:if-none-match': '*' } }, false],
    [{ StringNotEquals: { 's3:if-match': ['xyz', 'abc'] } }, false],
    [{ StringNotEquals: { 's3:if-match': 'xyz' } }, true],
    [{ StringNotEquals: { 's3:if-none-match': '*' } }, true],
    [{ StringNotLike: { 's3:if-match': 'a*' } }, false],
    [{ ArnEquals: { 'aws:PrincipalArn': ROLE } }, true],
    [{ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/St?p' } }, true],
    [{ ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/St?p' } }, false],
    [{ ArnNotEquals: { 'aws:PrincipalArn': OTHER_ROLE } }, true],
    [{ Bool: { 'aws:SecureTransport': 'false' } }, false],
    [{ Bool: { 'aws:SecureTransport': 'true' } }, true],
    [{ NumericLessThan: { 's3:TlsVersion': 1.2 } }, false],
    [{ NumericLessThan: { 's3:TlsVersion': 1.4 } }, true],
    [{}, true],
  ])('%j on a conditional write is %s', (Condition, holds) => {
    const iam = iamOf({ attached: [allow({ Condition })] });
    expect(iam.explainDenial(ROLE, 's3:PutObject', KEY, written) === undefined).toBe(holds);
  });
});

describe('a template is rejected by name for', () => {
  const rejectionsOf = (policies: Policies): readonly string[] => {
    try {
      iamOf(policies);
    } catch (error) {
      if (error instanceof UnsupportedTemplate) return error.unsupported;
      throw error;
    }
    return [];
  };
  const statement = 'PolicyDocument.Statement.0';

  it.each<[string, Policies, string]>([
    [
      'an operator that is not known',
      { attached: [allow({ Condition: { DateLessThan: { 's3:if-match': '1' } } })] },
      `property ${statement}.Condition of Attached: the condition operator DateLessThan is not supported`,
    ],
    [
      'a condition key that no service can tell',
      { bucket: [deny({ Principal: '*', Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } } })] },
      `property ${statement}.Condition of OfBucket: the condition key aws:SourceVpce is not supported`,
    ],
    [
      'a policy variable in a condition',
      { attached: [allow({ Condition: { StringLike: { 's3:if-match': `\${aws:username}` } } })] },
      `property ${statement}.Condition of Attached: policy variables are not supported`,
    ],
    [
      'a policy variable in a resource',
      { inline: [allow({ Resource: `${BUCKET}/\${aws:username}/*` })] },
      `property Policies.0.${statement}.Resource.0 of Step: policy variables are not supported`,
    ],
    [
      'a bucket policy for everyone but some',
      { bucket: [deny({ NotPrincipal: '*' })] },
      `property ${statement}.Principal of OfBucket: Expected the principal * or { AWS: * or ARNs }`,
    ],
    [
      'a statement with two kinds of actions',
      { attached: [allow({ NotAction: 's3:*' })] },
      `property ${statement} of Attached: Expected either Action or NotAction`,
    ],
    [
      'a statement without a resource',
      { attached: [allow({ Resource: undefined })] },
      `property ${statement} of Attached: Expected either Resource or NotResource`,
    ],
    [
      'an element that is not known',
      { attached: [allow({ Ressource: '*' })] },
      `property ${statement} of Attached: Unrecognized key: "Ressource"`,
    ],
    [
      'a managed policy that is not known',
      { managed: ['arn:aws:iam::aws:policy/AdministratorAccess'] },
      'managed policy arn:aws:iam::aws:policy/AdministratorAccess grants nothing here',
    ],
  ])('%s', (_, policies, rejection) => {
    expect(rejectionsOf(policies)).toContain(rejection);
  });
});

describe('a statement that cannot apply here', () => {
  const Condition = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [`\${aws:username}`] } };

  it.each<[string, Policies]>([
    ['on another service', { attached: [allow({ Action: ['dynamodb:GetItem', 'kms:*'], Condition })] }],
    [
      "about one of AWS's services",
      { bucket: [deny({ Principal: { Service: 'logging.s3.amazonaws.com' }, Condition })] },
    ],
  ])('%s is ignored, and the others count', (_, { attached = [], bucket = [] }) => {
    const iam = iamOf({ attached: [...attached, allow({})], bucket });
    expect(iam.isAllowed(ROLE, 's3:PutObject', KEY)).toBe(true);
    expect(iam.isAllowed(ROLE, 's3:GetObject', KEY)).toBe(false);
  });

  it('is not one on all services, or on this one too', () => {
    for (const Action of ['*', 's?:Get*', ['dynamodb:GetItem', 's3:GetObject']])
      expect(() => iamOf({ attached: [allow({ Action, Condition })] })).toThrow('ForAllValues:StringEquals');
  });
});

describe('the account as a principal', () => {
  const Principal = { AWS: 'arn:aws:iam::000000000000:root' };

  it('is everyone in it whom a bucket policy denies something', () => {
    const iam = iamOf({ attached: [allow({})], bucket: [deny({ Principal })] });
    expect(iam.isAllowed(ROLE, 's3:PutObject', KEY)).toBe(false);
  });

  it('allows nobody what no policy of their own does', () => {
    const iam = iamOf({ bucket: [allow({ Principal })] });
    expect(iam.isAllowed(ROLE, 's3:PutObject', KEY)).toBe(false);
  });
});

describe('of any policies', () => {
  const actions = fc.constantFrom('s3:GetObject', 's3:PutObject', 's3:ListBucket', 'sqs:SendMessage');
  const resources = fc.constantFrom(BUCKET, KEY, `${BUCKET}/index/1`, 'arn:aws:sqs:us-east-1:000000000000:q');
  const actionPatterns = fc.array(fc.oneof(actions, fc.constantFrom('*', 's3:*', 's3:?etObject', 'sqs:*')));
  const resourcePatterns = fc.array(
    fc.oneof(resources, fc.constantFrom('*', `${BUCKET}/*`, `${BUCKET}/processes/*`, 'arn:aws:s3:::dat?/*')),
  );
  const conditions = fc.constantFrom(
    undefined,
    { Null: { 's3:if-match': 'true' } },
    { StringNotEquals: { 's3:if-match': 'a' } },
    { Bool: { 'aws:SecureTransport': 'true' } },
  );
  const elements = fc
    .record({
      Effect: fc.constantFrom('Allow', 'Deny'),
      Condition: conditions,
      action: fc.record({ name: fc.constantFrom('Action', 'NotAction'), list: actionPatterns }),
      resource: fc.record({ name: fc.constantFrom('Resource', 'NotResource'), list: resourcePatterns }),
    })
    .map(({ Effect, Condition, action, resource }): StatementElements => {
      return { Effect, Condition, [action.name]: action.list, [resource.name]: resource.list };
    });
  const bucketElements = elements.map((others): StatementElements => ({ ...others, Principal: '*' }));
  const policies = fc.record({
    inline: fc.array(elements, { maxLength: 3 }),
    attached: fc.array(elements, { maxLength: 3 }),
    bucket: fc.array(bucketElements, { maxLength: 3 }),
  });
  const questions = fc.record({
    action: actions,
    resource: resources,
    context: fc.constantFrom({}, { 's3:if-match': 'a' }, { 's3:if-match': 'b' }),
  });
  const mayBeDone = (rules: Policies, { action, resource, context }: Question) =>
    iamOf(rules).explainDenial(ROLE, action, resource, context) === undefined;
  type Question = { action: string; resource: string; context: RequestContext };

  it('what is allowed is denied by none of them', () => {
    const denials = (statements: StatementElements[]) =>
      statements.filter(({ Effect }) => Effect === 'Deny').map((denial) => ({ ...denial, Effect: 'Allow' }));
    fc.assert(
      fc.property(policies, questions, ({ inline, attached, bucket }, question) => {
        fc.pre(mayBeDone({ inline, attached, bucket }, question));
        const denied = { inline: denials(inline), attached: denials(attached), bucket: denials(bucket) };
        expect(mayBeDone(denied, question)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('what is allowed is still allowed when one more statement allows something', () => {
    fc.assert(
      fc.property(policies, elements, questions, (rules, statement, question) => {
        fc.pre(mayBeDone(rules, question));
        const more = { ...statement, Effect: 'Allow' };
        expect(mayBeDone({ ...rules, inline: [...rules.inline, more] }, question)).toBe(true);
        expect(mayBeDone({ ...rules, attached: [more, ...rules.attached] }, question)).toBe(true);
        expect(
          mayBeDone({ ...rules, bucket: [{ ...more, Principal: '*' }, ...rules.bucket] }, question),
        ).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('what no statement allows is denied', () => {
    fc.assert(
      fc.property(policies, questions, (rules, question) => {
        const deniesOnly = (statements: StatementElements[]) =>
          statements.map((statement) => ({ ...statement, Effect: 'Deny' }));
        const { inline, attached, bucket } = rules;
        const none = {
          inline: deniesOnly(inline),
          attached: deniesOnly(attached),
          bucket: deniesOnly(bucket),
        };
        expect(mayBeDone(none, question)).toBe(false);
      }),
    );
  });
});
