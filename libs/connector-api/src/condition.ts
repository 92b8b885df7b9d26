import { Choice, Text, Whole } from './fields';
import { type ConditionType } from './reasons';

/** The severity of a False condition. Empty (Knative: Error) affects Ready, `Warning` and `Info` do not. */
export type ConditionSeverity = '' | 'Error' | 'Warning' | 'Info';

/** One aspect of an object's state (Knative duck type). */
export class Condition {
  @Text({ description: 'Type of the condition, such as Ready or SecretReady.', minLength: 1, maxLength: 316 })
  type!: string;

  @Choice(['True', 'False', 'Unknown'], { description: 'Whether the condition is met.' })
  status!: 'True' | 'False' | 'Unknown';

  @Text({ description: 'Reason of the status, in one CamelCase word; see the reference of conditions.', maxLength: 1024, optional: true })
  reason?: string;

  @Text({ description: 'What is wrong, and what to do.', maxLength: 32_768, optional: true })
  message?: string;

  @Choice(['', 'Error', 'Warning', 'Info'], {
    description: 'Severity of a status other than True. Empty means Error. Info does not affect Ready.',
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

  @Whole({ description: 'The metadata.generation of the object for which the controller wrote this condition.', optional: true })
  observedGeneration?: number;
}

/** Returns the condition of a type, if there is one. */
function findCondition(object: { status?: { conditions?: readonly Condition[] } }, type: ConditionType): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the condition Ready is True. */
export function isReady(object: { status?: { conditions?: readonly Condition[] } }): boolean {
  return findCondition(object, 'Ready')?.status === 'True';
}
