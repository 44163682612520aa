/** The alarms and the dashboard in the template. */
import { Match } from 'aws-cdk-lib/assertions';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import { sampleDefinitions } from './sample-definitions.ts';
import { synthesizeFacade } from './synthesize-for-test.ts';

const { template, facade } = synthesizeFacade(sampleDefinitions, (into) => ({
  monitoring: { alarmActions: [new SnsAction(new sns.Topic(into, 'Operators'))] },
}));
const { template: unmonitored, facade: unmonitoredFacade } = synthesizeFacade(sampleDefinitions);
const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm'));

/** Everything that an alarm, a widget or an environment may refer to. */
const { Resources } = template.toJSON() as { Resources: Record<string, { Type: string }> };

describe('monitoring', () => {
  it('has alarms on what needs an operator, and an alarm per definition', () => {
    expect(
      alarms.map(([id]) => id.replace(/^Facade(Monitoring|StatusChange)?|[0-9A-F]{8}$/g, '')).sort(),
    ).toEqual([
      'ApiFailing',
      'ApiKeyExpiring',
      'DeadLettersAlarm',
      'EventsLost',
      ...Object.keys(sampleDefinitions)
        .map((definition) => `Failing${definition}`)
        .sort(),
      'ProgressLost',
      'PublishFailing',
      'SweepFailing',
      'Throttled',
    ]);
  });

  it('gives every alarm the action and says what to do, and missing data breaches none', () => {
    for (const [id, { Properties }] of alarms) {
      expect(Properties.AlarmActions, id).toEqual([{ Ref: expect.stringMatching(/^Operators/) }]);
      expect(Properties.TreatMissingData, id).toBe('notBreaching');
      expect(Properties.AlarmDescription, id).toMatch(/docs\/operate\.md|npm run redeliver/);
    }
    expect(facade.alarms).toHaveLength(alarms.length);
  });

  it('has at most the ten metrics in an alarm that CloudWatch allows', () => {
    for (const [id, { Properties }] of alarms) {
      const used = (Properties.Metrics ?? []).filter((each: { MetricStat?: object }) => each.MetricStat);
      expect(used.length, id).toBeLessThanOrEqual(10);
    }
  });

  it('has a dashboard of resources that exist, with a graph for all that an operator asks first', () => {
    const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
    const parts = dashboard?.Properties.DashboardBody['Fn::Join'][1] as (string | Record<string, never>)[];
    for (const part of parts) {
      const { Ref, 'Fn::GetAtt': attribute } = Object(part) as { Ref?: string; 'Fn::GetAtt'?: string[] };
      const id = Ref ?? attribute?.[0];
      if (id !== undefined && !id.startsWith('AWS::')) expect(Resources).toHaveProperty([id]);
    }
    const body = JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'X')).join(''));
    const titles = body.widgets.map(({ properties }: { properties: { title: string } }) => properties.title);
    expect(titles).toEqual([
      'Alarms',
      'Starts',
      'Ends',
      'From end to push, by what noticed the end',
      'Failed invocations by step',
      'Running processes, and the age of the oldest',
      'Lost and repaired',
      'Throttles',
      'API',
      'Days until the API key expires',
    ]);
  });

  it('lets the functions write its metrics under the name that alarms and graphs read', () => {
    const name = 'Sample-Facade-';
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'ProcessFacade',
      MetricName: 'ApiKeyDaysLeft',
      Dimensions: [{ Name: 'Facade', Value: Match.stringLikeRegexp(`^${name}[0-9A-F]{8}$`) }],
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Repairs the states of processes whose events were lost',
      Environment: { Variables: { METRICS_FACADE: Match.stringLikeRegexp(`^${name}[0-9A-F]{8}$`) } },
    });
  });

  it('is an option: without it there is the alarm on the dead-letter queue, and no metric that costs', () => {
    unmonitored.resourceCountIs('AWS::CloudWatch::Alarm', 1);
    unmonitored.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
    expect(unmonitoredFacade.alarms).toHaveLength(1);
    expect(JSON.stringify(unmonitored.toJSON())).not.toContain('METRICS_FACADE');
  });
});
