import { REASON_TABLE } from '@oci-connector/connector-api';
import { type GeneratedFile } from './generated-file';
import { markdownTable } from './markdown-table';

const INTRODUCTION = `# Conditions and their reasons

\`npm run generate\` writes this page from \`libs/connector-api/src/reasons.ts\`; do not edit it.

\`kubectl describe connector NAME\` shows the conditions of a Connector, and \`kubectl describe connectorclass NAME\` those of
a ConnectorClass. \`Ready\` has the reason of the first condition that prevents it from being True. A condition of severity
\`Info\` does not affect \`Ready\`. A True condition with an empty reason means that the check succeeded.

`;

/** Returns the page with the meaning of each reason of a condition, and what to do. */
export async function conditionsReference(): Promise<GeneratedFile[]> {
  const rows = Object.entries(REASON_TABLE).map(([reason, { conditions, status, meaning, remedy }]) => [
    `\`${reason}\``,
    conditions.join(', '),
    status,
    meaning,
    remedy,
  ]);
  const table = markdownTable(['Reason', 'Condition', 'Status', 'Meaning', 'What to do'], rows);
  return [{ path: 'docs/reference/conditions.md', text: INTRODUCTION + table }];
}
