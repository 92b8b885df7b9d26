import { type Condition } from '@oci-connector/connector-api';
import { type ConditionOutcome } from '@oci-connector/diagnosis';
import { nextConditions, transitions } from './conditions';

const now = Date.parse('2026-01-01T12:00:00.400Z');
const context = { generation: 2, now };
const fine: ConditionOutcome[] = [
  { type: 'ConnectorClassReady', status: 'True' },
  { type: 'SecretReady', status: 'True', reason: 'SecretOptional' },
];

function ready(outcomes: ConditionOutcome[], previous?: Condition[]): Condition | undefined {
  return nextConditions(previous, outcomes, context).find(({ type }) => type === 'Ready');
}

it('a condition escapes invisible and misleading characters in a message, and limits its length', () => {
  const outcome = { type: 'Ready', status: 'False', reason: 'X', message: `a\u202eb\u200f${'x'.repeat(10_000)}` } as const;
  const [condition] = nextConditions([], [outcome], { generation: 1, now: 0 });
  expect(condition?.message).toBe(`a\\u202eb\\u200f${'x'.repeat(2_033)}…`);
});

describe('Ready', () => {
  it('is True without a reason when all outcomes are True', () => {
    expect(ready(fine)).toEqual({ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T12:00:00Z', observedGeneration: 2 });
  });

  const broken: ConditionOutcome = { type: 'LivenessReady', status: 'False', reason: 'ConnectionFailed', message: 'no route' };
  const open: ConditionOutcome = { type: 'AuthReady', status: 'Unknown', reason: 'Checking', message: 'wait' };
  const info: ConditionOutcome = { type: 'CACertReady', status: 'False', reason: 'InvalidPEM', severity: 'Info' };
  const table: [string, ConditionOutcome[], object][] = [
    ['copies reason and message of a failure', [...fine, broken], { status: 'False', reason: 'ConnectionFailed', message: 'no route' }],
    ['prefers a failure to an Unknown', [...fine, open, broken], { status: 'False', reason: 'ConnectionFailed' }],
    ['is Unknown while an outcome is', [...fine, open], { status: 'Unknown', reason: 'Checking', message: 'wait' }],
    ['ignores outcomes of severity Info', [...fine, info], { status: 'True' }],
  ];
  it.each(table)('%s', (_name, outcomes, expected) => {
    expect(ready(outcomes)).toMatchObject(expected);
  });

  it('takes the first of two failures', () => {
    const outcomes: ConditionOutcome[] = [{ type: 'SecretReady', status: 'False', reason: 'SecretNotFound' }, broken];
    expect(ready(outcomes)).toMatchObject({ reason: 'SecretNotFound' });
  });
});

describe('conditions', () => {
  const earlier = '2025-06-01T00:00:00Z';
  const known: Condition = { type: 'AuthReady', status: 'True', lastTransitionTime: earlier, observedGeneration: 2 };

  it('keep lastTransitionTime while the status stays', () => {
    const [, next] = nextConditions([known], [{ type: 'AuthReady', status: 'True', reason: 'NonAuthProbe' }], context);
    expect(next).toEqual({ ...known, reason: 'NonAuthProbe' });
  });

  it('get a new lastTransitionTime when the status changes', () => {
    const [, next] = nextConditions([known], [{ type: 'AuthReady', status: 'False', reason: 'AuthenticationFailed' }], context);
    expect(next?.lastTransitionTime).toBe('2026-01-01T12:00:00Z');
  });

  it('stay while an answer for the same generation is pending', () => {
    const pending: ConditionOutcome = { type: 'AuthReady', status: 'Unknown', reason: 'Checking', pending: true };
    expect(nextConditions([known], [pending], context)[1]).toEqual(known);
  });

  it('are Unknown while an answer for a new generation is pending', () => {
    const pending: ConditionOutcome = { type: 'AuthReady', status: 'Unknown', reason: 'Checking', pending: true };
    expect(nextConditions([{ ...known, observedGeneration: 1 }], [pending], context)[1]).toMatchObject({
      status: 'Unknown',
      reason: 'Checking',
    });
  });

  it('of other controllers stay', () => {
    const foreign: Condition = { type: 'example.com/Approved', status: 'True' };
    expect(nextConditions([foreign], fine, context).at(-1)).toEqual(foreign);
  });

  it('yield transitions only for changes', () => {
    const before: Condition[] = [known, { type: 'SecretReady', status: 'False', reason: 'SecretNotFound' }];
    const next: Condition[] = [known, { type: 'SecretReady', status: 'False', reason: 'SecretInvalid' }, { type: 'Ready', status: 'True' }];
    expect(transitions(before, next).map(({ condition }) => condition.type)).toEqual(['SecretReady', 'Ready']);
  });

  it('never exceed the length that the schema allows', () => {
    const [, next] = nextConditions([], [{ type: 'AuthReady', status: 'False', reason: 'x', message: 'm'.repeat(10_000) }], context);
    expect(next?.message).toHaveLength(2048);
  });
});
