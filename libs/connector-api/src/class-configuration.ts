import { Text } from './fields';
import { NestedList } from './list-fields';
import { PARAM_NAME_MAX, PARAMS_MAX, UNIQUE_NAMES } from './named-value';
import { StringMap } from './object-fields';
import { ParamSpec } from './param-spec';

/** Files for the clients of a tool, rendered from templates. */
export class ClassConfiguration {
  @Text({
    description: 'Name of the configuration. A volume requests the configuration by this name in configuration.names.',
    minLength: 1,
    maxLength: PARAM_NAME_MAX,
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
