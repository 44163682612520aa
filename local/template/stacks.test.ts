import { describe, expect, it } from 'vitest';
import { functionsOf } from './configuration.ts';
import { passedOverLines } from './passed-over.ts';
import { FACADE_RESOURCES, stacksOf } from './stacks-for-test.ts';

const linesOf = (stacks: ReturnType<typeof stacksOf>) => passedOverLines(stacks.passedOver());
const resource = (Type: string, Properties = {}) => ({ Type, Properties });
const BUCKET = 'AWS::S3::Bucket';
const FUNCTION = 'AWS::Lambda::Function';
const NODE = { Handler: 'index.handler', Role: 'arn:aws:iam::000000000000:role/R', Runtime: 'nodejs24.x' };

describe('a resource of an app', () => {
  it('of a type that is not served is passed over with one line', () => {
    const tables = Object.fromEntries(
      ['A', 'B', 'C', 'D', 'E', 'F', 'G'].map((id) => [id, resource('AWS::DynamoDB::Table')]),
    );
    const stacks = stacksOf({ Shop: { Resources: { ...tables, Own: resource('Custom::Thing') } } });
    expect(linesOf(stacks)).toEqual([
      'Not served locally: AWS::DynamoDB::Table Shop/A, Shop/B, Shop/C, Shop/D, Shop/E and 2 more',
      'Not served locally: Custom::Thing Shop/Own',
    ]);
  });

  it('that does nothing here is passed over without a line', () => {
    const types = [
      'AWS::Logs::LogGroup',
      'AWS::CloudWatch::Dashboard',
      'AWS::EC2::Subnet',
      'AWS::CDK::Metadata',
    ];
    const Resources = Object.fromEntries(types.map((type, index) => [`R${index}`, resource(type)]));
    expect(linesOf(stacksOf({ Shop: { Resources } }))).toEqual([]);
  });

  it('is served with properties that make no difference, and passed over with others', () => {
    const stacks = stacksOf({
      Shop: {
        Resources: {
          Tagged: resource(BUCKET, { Tags: [{ Key: 'a', Value: 'b' }], WebsiteConfiguration: {} }),
          Locked: resource(BUCKET, { ObjectLockEnabled: true }),
        },
        paths: { Locked: 'Archive/Locked/Resource' },
      },
    });
    expect(stacks.resources(BUCKET).map(({ ref }) => ref)).toEqual(['shop-tagged']);
    expect(linesOf(stacks)).toEqual([
      'Not served locally: AWS::S3::Bucket Shop/Archive/Locked: property ObjectLockEnabled',
    ]);
  });

  it('of the facade itself is rejected instead', () => {
    const read = () =>
      stacksOf({
        Shop: {
          Resources: { ...FACADE_RESOURCES, Data: resource(BUCKET, { ObjectLockEnabled: true }) },
          paths: { Data: 'Facade/Data/Resource' },
        },
      });
    expect(read).toThrow('Shop/Facade/Data: property ObjectLockEnabled of AWS::S3::Bucket');
  });

  it('does not exist if its condition does not hold', () => {
    const stacks = stacksOf({
      Shop: {
        Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
        Resources: { Gone: { ...resource(BUCKET), Condition: 'Never' }, Stays: resource(BUCKET) },
      },
    });
    expect(stacks.resources(BUCKET).map(({ ref }) => ref)).toEqual(['shop-stays']);
  });

  it('that cannot be evaluated is passed over with the reason', () => {
    const stacks = stacksOf({
      Shop: { Resources: { Named: resource(BUCKET, { BucketName: { 'Fn::Transform': 'x' } }) } },
    });
    expect(stacks.resources(BUCKET)).toEqual([]);
    expect(linesOf(stacks)).toEqual([
      'Not served locally: AWS::S3::Bucket Shop/Named: intrinsic function Fn::Transform',
    ]);
  });

  it('has a text that never resolves in place of a parameter that only AWS knows', () => {
    const stacks = stacksOf({
      Shop: {
        Parameters: {
          Version: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/version' },
          Size: { Type: 'String' },
          Zones: { Type: 'CommaDelimitedList', Default: 'a,b' },
        },
        Outputs: Object.fromEntries(['Version', 'Size', 'Zones'].map((Ref) => [Ref, { Value: { Ref } }])),
      },
    });
    expect(stacks.facades[0]?.outputs).toEqual({
      Version: '-cdk-bootstrap-version.not-served-locally.invalid',
      Size: 'Size.not-served-locally.invalid',
      Zones: 'a,b',
    });
  });
});

describe('a function of an app', () => {
  const stacks = () =>
    stacksOf({
      Shop: {
        files: { 'code.zip': 'PK' },
        Resources: {
          Inline: resource(FUNCTION, { ...NODE, Code: { ZipFile: 'exports.handler = async () => 1;' } }),
          Python: resource(FUNCTION, { ...NODE, Runtime: 'python3.13', Code: { ZipFile: '' } }),
          Container: resource(FUNCTION, { Role: NODE.Role, PackageType: 'Image', Code: { ImageUri: 'x' } }),
          Archive: resource(FUNCTION, { ...NODE, Code: { S3Key: 'code.zip' } }),
          Layered: resource(FUNCTION, { ...NODE, Layers: ['arn'], Code: { ZipFile: '' } }),
          Disk: resource(FUNCTION, { ...NODE, FileSystemConfigs: [], Code: { ZipFile: '' } }),
        },
      },
    });

  it('is served with inline code, and passed over if Node.js cannot run it', () => {
    const read = stacks();
    expect(functionsOf(read).map(({ name }) => name)).toEqual(['Shop-Inline', 'Shop-Layered']);
    expect(linesOf(read).map((line) => line.replace(/^.*Function /, ''))).toEqual([
      'Shop/Disk: property FileSystemConfigs',
      'Shop/Python: runtime python3.13, expected Node.js',
      'Shop/Container: runtime container image, expected Node.js',
      'Shop/Archive: property Code: Expected a folder, got an archive',
      'Shop/Layered: runs without its layers',
    ]);
  });

  it('has the reason under its name and its ARN', () => {
    const read = stacks();
    functionsOf(read);
    const reason = 'runtime python3.13, expected Node.js';
    expect(read.whyNotServed('Shop-Python')).toBe(reason);
    expect(read.whyNotServed('arn:aws:lambda:us-east-1:000000000000:function:Shop-Python')).toBe(reason);
    expect(read.whyNotServed('Python')).toBeUndefined();
  });
});

describe('the stacks of an app', () => {
  it('keep the names of their resources apart, in stages too', () => {
    const Resources = { Data: resource(BUCKET) };
    const stacks = stacksOf({ A: { Resources }, B: { Resources }, BetaA: { Resources, stage: 'Beta' } });
    expect(stacks.resources(BUCKET).map(({ ref }) => ref)).toEqual(['a-data', 'b-data', 'betaa-data']);
  });

  it('import what another one exports, whatever their order', () => {
    const value = { 'Fn::ImportValue': 'B:Data' };
    const stacks = stacksOf({
      A: { Resources: { Copy: resource(BUCKET, { BucketName: value }) } },
      B: {
        Resources: { Data: resource(BUCKET) },
        Outputs: { Out: { Value: { Ref: 'Data' }, Export: { Name: 'B:Data' } } },
      },
    });
    expect(stacks.resources(BUCKET)[0]?.ref).toBe('b-data');
  });

  it('give a nested stack its parameters, and take its outputs', () => {
    const stacks = stacksOf({
      Shop: {
        files: {
          'nested.json': JSON.stringify({
            Parameters: { Name: { Type: 'String' } },
            Resources: { Inner: resource(BUCKET, { BucketName: { Ref: 'Name' } }) },
            Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Inner', 'Arn'] } } },
          }),
        },
        Resources: {
          Nested: resource('AWS::CloudFormation::Stack', {
            TemplateURL: 'https://s3.amazonaws.com/assets/nested.json',
            Parameters: { Name: { Ref: 'Outer' } },
          }),
          Outer: resource(BUCKET, { BucketName: 'given' }),
          Same: resource(BUCKET, {
            BucketName: {
              'Fn::Select': [5, { 'Fn::Split': [':', { 'Fn::GetAtt': ['Nested', 'Outputs.Arn'] }] }],
            },
          }),
        },
      },
    });
    expect(stacks.resources(BUCKET).map(({ ref }) => ref)).toEqual(['given', 'given', 'given']);
  });

  it('have the pseudo parameters of CloudFormation', () => {
    const names = ['AWS::Region', 'AWS::AccountId', 'AWS::StackName', 'AWS::StackId'];
    const Outputs = Object.fromEntries(names.map((Ref) => [Ref.slice(5), { Value: { Ref } }]));
    expect(stacksOf({ Shop: { Outputs } }).facades[0]?.outputs).toMatchObject({
      Region: 'us-east-1',
      AccountId: '000000000000',
      StackName: 'Shop',
      StackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/Shop/local',
    });
  });

  it('give each of several facades its own URL', () => {
    const own = stacksOf({ Shop: { Resources: FACADE_RESOURCES } });
    expect(own.facades).toMatchObject([{ name: 'Shop-Facade', apiPath: '/graphql' }]);
    const several = stacksOf({
      Shop: { Resources: FACADE_RESOURCES },
      Other: { Resources: FACADE_RESOURCES, stage: 'Beta' },
    });
    expect(several.facades).toMatchObject([
      { name: 'Shop-Facade', apiPath: '/graphql/Shop-Facade' },
      { name: 'Beta-Other-Facade', apiPath: '/graphql/Beta-Other-Facade' },
    ]);
    expect(several.resources('AWS::AppSync::GraphQLApi')).toHaveLength(2);
  });
});
