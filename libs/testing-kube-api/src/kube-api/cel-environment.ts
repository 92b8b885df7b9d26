import { Environment } from '@marcbachmann/cel-js';

/** A URL in a rule. The CEL package names the type by its class. */
class CelUrl {
  constructor(readonly url: URL) {}
}

function parseUrl(text: string): CelUrl | undefined {
  try {
    return new CelUrl(new URL(text));
  } catch {
    return undefined;
  }
}

/**
 * Creates the CEL environment of CustomResourceDefinitions: the language, `self`, `oldSelf`, and the functions of Kubernetes
 * that rules use.
 */
export function createCelEnvironment(): Environment {
  return new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
    .registerVariable('self', 'dyn')
    .registerVariable('oldSelf', 'dyn')
    .registerType('URL', { ctor: CelUrl, fields: {} })
    .registerFunction('isURL(string): bool', (text: string) => parseUrl(text) !== undefined)
    .registerFunction('url(string): URL', (text: string) => {
      const parsed = parseUrl(text);
      if (!parsed) {
        throw new Error(`URL parse error during conversion from string: ${text}`);
      }
      return parsed;
    })
    .registerFunction('URL.getScheme(): string', ({ url }: CelUrl) => url.protocol.slice(0, -1))
    .registerFunction('URL.getHost(): string', ({ url }: CelUrl) => url.host)
    .registerFunction('URL.getHostname(): string', ({ url }: CelUrl) => url.hostname)
    .registerFunction('URL.getPort(): string', ({ url }: CelUrl) => url.port)
    .registerFunction('URL.getEscapedPath(): string', ({ url }: CelUrl) => url.pathname)
    .registerFunction('string.find(string): string', (text: string, pattern: string) => new RegExp(pattern, 'u').exec(text)?.[0] ?? '')
    .registerFunction(
      'string.findAll(string): list<string>',
      (text: string, pattern: string) => text.match(new RegExp(pattern, 'gu')) ?? [],
    );
}
