import { describe, expect, test } from 'vitest';
import { attributeBytes, attributesMd5, checkAttributes, selectAttributes } from './message-attributes.ts';

const text = (StringValue: string) => ({ DataType: 'String', StringValue });
const three = { General: text('Kenobi'), Hello: text('There'), 'Help.Me': text('Me') };

describe('the digest of attributes', () => {
  // Recorded from AWS: localstack tests/aws/services/sqs/test_sqs.snapshot.json.
  test.each([
    [three, '4c360f3fdafd970e05fae2f149d997f5'],
    [{ Hello: text('There') }, 'a311262e065454b75da111d535b8dacd'],
    [{ Foo: text('Bar') }, 'ae7155c6026991b6d54b11589678bf9c'],
    [
      {
        attr1: {
          DataType: 'Binary',
          BinaryValue: Buffer.from(
            'traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01',
          ).toString('base64'),
        },
      },
      '8cbe4db156db8a94db8b801b7addb984',
    ],
  ])('of %j is that of AWS', (attributes, digest) => {
    expect(attributesMd5(attributes)).toBe(digest);
    expect(attributesMd5(Object.fromEntries(Object.entries(attributes).reverse()))).toBe(digest);
  });

  test('is undefined without attributes', () => {
    expect(attributesMd5({})).toBeUndefined();
  });
});

test.each([
  [[], []],
  [['All'], ['General', 'Hello', 'Help.Me']],
  [['.*'], ['General', 'Hello', 'Help.Me']],
  [['Hello', 'Foo'], ['Hello']],
  [['Hel.*'], ['Hello', 'Help.Me']],
  [['Help.*'], ['Help.Me']],
  [['hello'], []],
])('a receiver that asks for %j gets %j', (wanted, names) => {
  expect(Object.keys(selectAttributes(three, wanted))).toEqual(names);
});

test('the names, types and values of attributes count towards the size', () => {
  expect(attributeBytes({ ü: text('ab'), b: { DataType: 'Binary.x', BinaryValue: 'AAEC' } })).toBe(
    2 + 6 + 2 + 1 + 8 + 3,
  );
});

test.each([
  [{ a: { DataType: 'Text', StringValue: 'x' } }, "The type of message (user) attribute 'a' is invalid."],
  [
    { a: { DataType: 'String', StringValue: '' } },
    "Message (user) attribute 'a' must contain a non-empty value of type 'String'.",
  ],
  [
    { a: { DataType: 'Binary', StringValue: 'x' } },
    "Message (user) attribute 'a' must contain a non-empty value of type 'Binary'.",
  ],
  [
    Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`a${i}`, text('x')])),
    'Number of message attributes [11] exceeds the allowed maximum [10].',
  ],
])('%j is rejected', (attributes, message) => {
  expect(() => checkAttributes(attributes)).toThrow(
    expect.objectContaining({ code: 'InvalidParameterValue', message: expect.stringContaining(message) }),
  );
});
