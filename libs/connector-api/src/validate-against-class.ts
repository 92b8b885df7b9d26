import { type AuthType } from './auth-type';
import { type Connector } from './connector';
import { authTypeOf, typeThatNeedsSecret } from './connector-auth';
import { type ConnectorClass, protocolOf } from './connector-class';
import { type FieldProblem, joinPath } from './field-problem';
import { isRequiredParam, type ParamSpec } from './param-spec';
import { protocolTraits } from './protocols';
import { canPrefixRepositories, REPOSITORY_NAME_MAX } from './repository-name';
import { AddressError, parseUpstreamAddress } from './upstream-address';

/**
 * Where a Connector does not fit its class. Both have to be valid by themselves. Whether the Secret is there and of
 * the right type is not asked here: that is a matter of the cluster's state.
 */
export function validateConnectorAgainstClass(connector: Connector, connectorClass: ConnectorClass): FieldProblem[] {
  const { spec } = connector;
  return [
    ...addressProblems(connector, connectorClass),
    ...valueProblems('spec.addressExtensions', spec.addressExtensions, connectorClass.spec.addressExtensions),
    ...valueProblems('spec.params', spec.params, connectorClass.spec.params),
    ...authProblems(connector, connectorClass),
  ];
}

function addressProblems({ spec }: Connector, connectorClass: ConnectorClass): FieldProblem[] {
  const path = 'spec.address';
  const declared = connectorClass.spec.address;
  const problems = declared ? enumProblems(path, spec.address, declared) : [];
  if (!protocolTraits(protocolOf(connectorClass))?.addressPathIsRepository) {
    return problems;
  }
  const addresses = [{ path, address: spec.address }];
  spec.addressExtensions?.forEach(({ value }, index) => {
    addresses.push({ path: `spec.addressExtensions[${index}].value`, address: value });
  });
  return [...problems, ...addresses.flatMap((entry) => repositoryPrefixProblems(entry.path, entry.address))];
}

const PREFIX_GRAMMAR = `lower-case letters, digits, and single . _ - between them, at most ${REPOSITORY_NAME_MAX} characters`;

/** A registry's path prefix becomes part of the repository, and so has to be one. */
function repositoryPrefixProblems(path: string, address: string): FieldProblem[] {
  try {
    if (canPrefixRepositories(parseUpstreamAddress(address, path))) {
      return [];
    }
  } catch (error) {
    if (error instanceof AddressError) {
      return [{ path, message: error.problem }];
    }
    throw error;
  }
  return [{ path, message: `must have a path that can begin the name of a repository, or none: ${PREFIX_GRAMMAR}` }];
}

function authProblems(connector: Connector, connectorClass: ConnectorClass): FieldProblem[] {
  const { spec } = connector;
  const types = connectorClass.spec.auth?.types ?? [];
  if (!spec.auth) {
    return missingAuthProblems(connector, connectorClass);
  }
  const { params } = spec.auth;
  const type = authTypeOf(connector, connectorClass);
  if (!type) {
    return [{ path: 'spec.auth.name', message: unknownType(types) }];
  }
  return valueProblems('spec.auth.params', params, authParams(type, connectorClass));
}

function missingAuthProblems(connector: Connector, connectorClass: ConnectorClass): FieldProblem[] {
  if (!typeThatNeedsSecret(connector, connectorClass)) {
    return [];
  }
  return [{ path: 'spec.auth', message: `is required by the class; its name must be ${oneOf(connectorClass.spec.auth?.types ?? [])}` }];
}

function unknownType(types: readonly AuthType[]): string {
  return types.length > 0 ? `must be ${oneOf(types)}, as the class declares` : 'is not declared by the class; remove spec.auth';
}

/** The probe of an authentication type has parameters of its own; one that both declare is given once. */
function authParams({ name, params = [] }: AuthType, { spec }: ConnectorClass): ParamSpec[] {
  const probe = spec.authProbes?.find(({ authName }) => authName === name);
  return [...new Map([...params, ...(probe?.params ?? [])].map((param) => [param.name, param])).values()];
}

interface GivenValue {
  name: string;
  value: unknown;
}

function valueProblems(path: string, given: readonly GivenValue[] = [], declared: readonly ParamSpec[] = []): FieldProblem[] {
  const missing = declared
    .filter((param) => isRequiredParam(param) && !given.some(({ name }) => name === param.name))
    .map(({ name }) => ({ path, message: `must have an item with the name ${name}; the class requires it` }));
  const wrong = given.flatMap(({ name, value }, index) => {
    const item = joinPath(path, index);
    const param = declared.find((candidate) => candidate.name === name);
    if (!param) {
      return [{ path: `${item}.name`, message: undeclared(declared) }];
    }
    return paramProblems(`${item}.value`, value, param);
  });
  return [...missing, ...wrong];
}

function undeclared(declared: readonly ParamSpec[]): string {
  return declared.length > 0 ? `must be ${oneOf(declared)}, as the class declares` : 'is not declared by the class; remove the item';
}

function paramProblems(path: string, value: unknown, param: ParamSpec): FieldProblem[] {
  const { type = 'string' } = param;
  if (!hasType(value, type)) {
    return [{ path, message: `must be of type ${type}` }];
  }
  return typeof value === 'string' ? enumProblems(path, value, param) : propertyProblems(path, value, param);
}

function enumProblems(path: string, value: string, param: ParamSpec): FieldProblem[] {
  const allowed = param.enum ?? [];
  return allowed.length === 0 || allowed.includes(value) ? [] : [{ path, message: `must be one of ${allowed.join(', ')}` }];
}

function propertyProblems(path: string, value: unknown, { properties = {} }: ParamSpec): FieldProblem[] {
  return Object.entries(properties).flatMap(([name, { type }]) => {
    const property = (value as Record<string, unknown>)[name];
    if (type === undefined || property === undefined || hasType(property, type)) {
      return [];
    }
    return [{ path: joinPath(path, name), message: `must be of type ${type}` }];
  });
}

function hasType(value: unknown, type: 'string' | 'array' | 'object'): boolean {
  if (type === 'array') {
    return Array.isArray(value);
  }
  if (type === 'object') {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  }
  return typeof value === 'string';
}

function oneOf(items: readonly { name: string }[]): string {
  const names = items.map(({ name }) => name);
  return names.length === 1 ? (names[0] ?? '') : `one of ${names.join(', ')}`;
}
