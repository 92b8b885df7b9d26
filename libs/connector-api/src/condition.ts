import { Choice, Text, Whole } from './fields';
import { type ConditionType } from './reasons';

/** How much a False condition matters. Empty (Knative: Error) counts against Ready, `Warning` and `Info` do not. */
export type ConditionSeverity = '' | 'Error' | 'Warning' | 'Info';

/** One aspect of an object's state (Knative duck type). */
export class Condition {
  @Text({ description: 'Which aspect, such as Ready or SecretReady.', minLength: 1, maxLength: 316 })
  type!: string;

  @Choice(['True', 'False', 'Unknown'], { description: 'Whether it is as it should be.' })
  status!: 'True' | 'False' | 'Unknown';

  @Text({ description: 'Why, in one CamelCase word; see the reference of conditions.', maxLength: 1024, optional: true })
  reason?: string;

  @Text({ description: 'Why, for people, and what to do about it.', maxLength: 32_768, optional: true })
  message?: string;

  @Choice(['', 'Error', 'Warning', 'Info'], {
    description: 'How much a status other than True matters; empty means Error. Info does not touch Ready.',
    optional: true,
  })
  severity?: ConditionSeverity;

  @Text({
    description: 'When the status last changed.',
    format: 'date-time',
    maxLength: 64,
    optional: true,
  })
  lastTransitionTime?: string;

  @Whole({ description: 'The metadata.generation that this condition was found for.', optional: true })
  observedGeneration?: number;
}

/** The condition of a type, if there is one. */
function findCondition(object: { status?: { conditions?: readonly Condition[] } }, type: ConditionType): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the condition Ready is True. */
export function isReady(object: { status?: { conditions?: readonly Condition[] } }): boolean {
  return findCondition(object, 'Ready')?.status === 'True';
}
