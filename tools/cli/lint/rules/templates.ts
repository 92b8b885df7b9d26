import { checkTemplate, isFileName } from '@oci-connector/config-rendering';
import { type ClassRule } from '../lint-rule';

/** The templates of configurations can be parsed, and their files can be written. */
export const templates: ClassRule = {
  name: 'templates',
  reads: 'spec.configurations',
  check: ({ spec }) =>
    (spec.configurations ?? []).flatMap(({ data = {} }, index) =>
      Object.entries(data).flatMap(([file, text]) => {
        const path = `spec.configurations[${index}].data.${file}`;
        if (!isFileName(file)) {
          return [{ path, message: 'is not the name of a file; use letters, digits, - _ and . (at most 253)' }];
        }
        const problem = checkTemplate(file, text);
        return problem ? [{ path, message: `is not a template: line ${problem.line}: ${problem.message}`, lineOfText: problem.line }] : [];
      }),
    ),
};
