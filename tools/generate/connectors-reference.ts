import { COMMANDS, generalHelp, helpOf } from '../cli/command-line.mjs';
import { type GeneratedFile } from './generated-file';

const names = Object.keys(COMMANDS);

const INTRODUCTION = `# Reference of the command connectors

\`npm run generate\` writes this page from \`tools/cli/command-line.mjs\`; do not edit it. \`connectors COMMAND --help\` shows the same.
[The command connectors](../connectors-command.md) explains how to install and use it.

${names.map((name) => `- [connectors ${name}](#connectors-${name})\n`).join('')}
`;

/** Returns the page with the help of each command. */
export async function connectorsReference(): Promise<GeneratedFile[]> {
  const sections = names.map((name) => `\n## connectors ${name}\n\n${block(helpOf(name))}`);
  return [{ path: 'docs/reference/connectors.md', text: [INTRODUCTION, block(generalHelp()), ...sections].join('') }];
}

function block(text: string): string {
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;
}
