import { type ParamSpec, PROXY_CONFIGURATION } from '@oci-connector/connector-api';
import { quoted } from '@oci-connector/sensitive';
import { type TemplateValue } from '../template/values/from-data';
import { RenderingError } from './rendering.errors';
import { type SelectedConfiguration } from './select-configurations';
import { type VolumeRequest } from './volume-request';

type GivenParams = VolumeRequest['configurationParams'];

/**
 * Refuses parameters that no selected configuration declares, so that a typing error is reported instead of ignored. Those of the forward
 * proxy are checked where they are used.
 *
 * @throws RenderingError (ParameterUnknown) when the volume gives such a parameter
 */
export function checkParameterNames(given: GivenParams, selected: readonly SelectedConfiguration[]): void {
  for (const [configuration, values] of Object.entries(given).filter(([name]) => name !== PROXY_CONFIGURATION)) {
    const matching = selected.filter((candidate) => candidate.configuration.name === configuration);
    if (matching.length === 0) {
      const message = `configuration.params has values for ${quoted(configuration)}, which is not in configuration.names; add it there or remove the values`;
      throw new RenderingError('ParameterUnknown', message);
    }
    const declared = matching.flatMap((candidate) => candidate.configuration.params ?? []).map(({ name }) => name);
    const unknown = Object.keys(values).find((name) => !declared.includes(name));
    if (unknown !== undefined) {
      const advice = declared.length > 0 ? `it has ${declared.join(', ')}` : 'it has none';
      throw new RenderingError(
        'ParameterUnknown',
        `configuration.params: configuration ${quoted(configuration)} has no parameter ${quoted(unknown)}; ${advice}`,
      );
    }
  }
}

/**
 * Returns `.configurations` for the templates of a configuration: each value is that of the volume, otherwise the default of the class.
 *
 * @throws RenderingError (ParameterMissing, ParameterInvalid) when a parameter has no valid value
 */
export function parameterValues(selected: SelectedConfiguration, given: GivenParams): Record<string, TemplateValue> {
  const { configuration } = selected;
  const values = new Map(Object.entries(new Map(Object.entries(given)).get(configuration.name) ?? {}));
  const entries = (configuration.params ?? []).map((param) => [param.name, valueOf(param, values.get(param.name), selected)] as const);
  return Object.fromEntries(entries);
}

function valueOf(param: ParamSpec, given: string | undefined, selected: SelectedConfiguration): TemplateValue {
  if (given !== undefined) {
    return checkedValue(param, given, selected);
  }
  // The class was parsed from JSON, so the default contains only JSON values.
  if (param.default !== undefined) {
    return param.default as TemplateValue;
  }
  const { configuration, connectorClass } = selected;
  const place = `configuration ${quoted(configuration.name)} of class "${connectorClass.metadata.name}" needs the parameter ${quoted(param.name)}`;
  const example = JSON.stringify({ [configuration.name]: { [param.name]: '…' } });
  throw new RenderingError('ParameterMissing', `configuration.params: ${place}; add ${example}`);
}

function checkedValue(param: ParamSpec, given: string, selected: SelectedConfiguration): TemplateValue {
  const { type = 'string', enum: allowed = [] } = param;
  if (type !== 'string') {
    return parsedValue(param, given, selected);
  }
  if (allowed.length === 0 || allowed.includes(given)) {
    return given;
  }
  throw invalid(param, selected, `one of ${allowed.join(', ')}`);
}

/** Parses a list or object, which volumes give as JSON because their attributes can only be text. */
function parsedValue(param: ParamSpec, given: string, selected: SelectedConfiguration): TemplateValue {
  const value = parseJson(given);
  const isList = Array.isArray(value);
  if (param.type === 'array' ? isList : typeof value === 'object' && value !== null && !isList) {
    return value;
  }
  throw invalid(param, selected, param.type === 'array' ? 'a JSON list' : 'a JSON object');
}

function parseJson(text: string): TemplateValue {
  try {
    return JSON.parse(text) as TemplateValue;
  } catch {
    // The caller reports text that is not JSON like JSON of another type.
    return undefined;
  }
}

function invalid({ name }: ParamSpec, { configuration, connectorClass }: SelectedConfiguration, wanted: string): RenderingError {
  const place = `parameter ${quoted(name)} of configuration ${quoted(configuration.name)} (class "${connectorClass.metadata.name}")`;
  return new RenderingError('ParameterInvalid', `configuration.params: ${place} must be ${wanted}`);
}
