import { Text } from './fields';
import { NestedList } from './list-fields';
import { PARAM_NAME_MAX, PARAMS_MAX, UNIQUE_NAMES } from './named-value';
import { StringMap } from './object-fields';
import { ParamSpec } from './param-spec';
import { celString, rule } from './rule';

/** In configuration.params of a volume, this name stands for the files of the forward proxy, which belong to no class. */
export const PROXY_CONFIGURATION = 'proxy';

const NOT_RESERVED = rule<string>({
  cel: `self != ${celString(PROXY_CONFIGURATION)}`,
  message: `must not be ${PROXY_CONFIGURATION}: configuration.params of a volume uses this name for the files of the forward proxy; choose another name`,
  holds: (name) => name !== PROXY_CONFIGURATION,
});

/** Files for the clients of a tool, rendered from templates. */
export class ClassConfiguration {
  @Text({
    description: 'Name of the configuration. A volume requests the configuration by this name in configuration.names.',
    minLength: 1,
    maxLength: PARAM_NAME_MAX,
    rules: [NOT_RESERVED],
  })
  name!: string;

  @StringMap({ description: 'Hints for user interfaces.', maxProperties: 64, valueMaxLength: 4096, optional: true })
  annotations?: Record<string, string>;

  @StringMap({
    description: 'Go templates by file name.',
    maxProperties: 64,
    valueMaxLength: 65_536,
    optional: true,
  })
  data?: Record<string, string>;

  @NestedList(() => ParamSpec, {
    description: 'Parameters of the templates, for configuration.params of a volume.',
    maxItems: PARAMS_MAX,
    listType: 'atomic',
    rules: [UNIQUE_NAMES],
    optional: true,
  })
  params?: ParamSpec[];
}
