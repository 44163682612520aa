import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { emitMetrics } from './metrics.ts';

/**
 * What the specification demands of a line:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const specification = new Ajv2020().compile({
  type: 'object',
  required: ['_aws'],
  properties: {
    _aws: {
      type: 'object',
      required: ['Timestamp', 'CloudWatchMetrics'],
      properties: {
        Timestamp: { type: 'integer' },
        CloudWatchMetrics: {
          type: 'array',
          items: {
            type: 'object',
            required: ['Namespace', 'Dimensions', 'Metrics'],
            additionalProperties: false,
            properties: {
              Namespace: { type: 'string', minLength: 1, maxLength: 1024 },
              Dimensions: {
                type: 'array',
                minItems: 1,
                items: {
                  type: 'array',
                  maxItems: 30,
                  items: { type: 'string', minLength: 1, maxLength: 250 },
                },
              },
              Metrics: {
                type: 'array',
                maxItems: 100,
                items: {
                  type: 'object',
                  required: ['Name'],
                  properties: {
                    Name: { type: 'string', minLength: 1, maxLength: 1024 },
                    Unit: { enum: ['Seconds', 'Milliseconds', 'Count'] },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
});

/** Returns what a function writes that emits these metrics. */
function written(facade: string | undefined, ...metrics: Parameters<typeof emitMetrics>): string {
  const module = JSON.stringify(join(import.meta.dirname, 'metrics.ts'));
  const code = `import { emitMetrics } from ${module}; emitMetrics(...${JSON.stringify(metrics)});`;
  return execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
    encoding: 'utf8',
    env: facade === undefined ? {} : { METRICS_FACADE: facade },
  });
}

describe('a metric', () => {
  it('is one line in the embedded metric format, with every dimension and value at its root', () => {
    const text = written('Shop-Facade', { DeliveryDelay: 412 }, { Way: 'event' });
    expect(text).toMatch(/^[^\n]*\n$/);
    const line = JSON.parse(text);
    expect(specification(line), JSON.stringify(specification.errors)).toBe(true);
    expect(line).toMatchObject({ Facade: 'Shop-Facade', Way: 'event', DeliveryDelay: 412 });
    for (const { Dimensions, Metrics } of line._aws.CloudWatchMetrics) {
      for (const name of Dimensions.flat()) expect(line[name]).toBeTypeOf('string');
      for (const { Name } of Metrics) expect(line[Name]).toBeTypeOf('number');
    }
  });

  it('is not written without monitoring', () => {
    expect(written(undefined, { Repaired: 1 })).toBe('');
  });
});
