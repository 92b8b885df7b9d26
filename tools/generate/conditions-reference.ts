import { REASON_TABLE } from '@oci-connector/connector-api';
import { type GeneratedFile } from './generated-file';
import { markdownTable } from './markdown-table';

const INTRODUCTION = `# Conditions and their reasons

Made by \`npm run generate\` from \`libs/connector-api/src/reasons.ts\`; do not edit.

\`kubectl describe connector NAME\` shows the conditions of a Connector, and so for a ConnectorClass. \`Ready\` repeats
the reason of the first condition that keeps it from being True. A condition of severity \`Info\` does not touch
\`Ready\`. An empty reason on a True condition means: checked, and as it should be.

`;

/** What each reason of a condition means and what to do. */
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
