/**
 * Returns the variables that `ENV` sets in one target of a Dockerfile. Only literal values without quotes, as in `deploy/Dockerfile`; those of
 * the targets below are not included, because they are about the file system of the image.
 */
export function imageEnvironment(dockerfile: string, target: string): Record<string, string> {
  const lines = dockerfile.replaceAll('\\\n', ' ').split('\n');
  const begin = lines.findIndex((line) => new RegExp(`^FROM .* AS ${target}$`).test(line));
  if (begin < 0) {
    throw new Error(`the Dockerfile has no target ${target}`);
  }
  const rest = lines.slice(begin + 1);
  const end = rest.findIndex((line) => line.startsWith('FROM '));
  const pairs = rest
    .slice(0, end < 0 ? undefined : end)
    .filter((line) => line.startsWith('ENV '))
    .flatMap((line) => [...line.matchAll(/(\w+)=(\S+)/g)]);
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}
