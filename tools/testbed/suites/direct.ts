import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { runMatrix } from '../matrix';
import { type Suite } from './suite';

/** Operations that clients cannot do directly, and the reasons. They can do them through the proxy. */
const LIMITS = path.join(process.cwd(), 'tools/testbed/direct-limits.json');

/** Runs the clients directly against the registries. The proxy does not cause the failures of this suite. */
export const directSuite: Suite = {
  async run(context) {
    const targets = context.registries
      .filter(({ outsideMatrix }) => !outsideMatrix)
      .map((registry) => {
        const { host, protocol } = new URL(registry.directAddress ?? registry.address);
        const login = registry.account ?? { username: 'nobody', password: 'nothing' };
        const settings = { caFile: context.registryCaFile, login: () => Promise.resolve(login) };
        return { registry, host, prefix: { [protocol.slice(0, -1)]: '' }, settings };
      });
    const { table, ...result } = await runMatrix({
      ...context,
      targets,
      limits: JSON.parse(await readFile(LIMITS, 'utf8')) as Record<string, string>,
      directory: path.join(context.directory, 'direct'),
    });
    process.stdout.write(`\n${table}\n\n`);
    return result;
  },
};
