import { quoted } from '@oci-connector/sensitive';
import { Budget } from '../template/budget';
import { DEFAULT_LIMITS } from '../template/render-limits';
import { renderTemplate } from '../template/render-template';
import { TemplateError } from '../template/template-error';
import { checkParameterNames, parameterValues } from './configuration-params';
import { isFileName } from './file-name';
import { RenderingError } from './rendering.errors';
import { selectConfigurations, type SelectedConfiguration } from './select-configurations';
import { templateData } from './template-data';
import { otherToken, templateFailure } from './template-failure';
import { type VolumeRequest } from './volume-request';
import { volumeTooLarge, VOLUME_BYTES_MAX } from './volume-size';

/**
 * Renders the files of the configurations that the volume requests. If two configurations of one class contain the same
 * file, the later one in `configuration.names` writes it. If two classes contain the same file, that is an error. Excluded
 * files are not rendered. The limits of evaluation and size apply to all files together, because a class may have thousands.
 *
 * @throws RenderingError when the files cannot be rendered
 */
export function configurationFiles(request: VolumeRequest): Map<string, string> {
  const selected = selectConfigurations(request);
  checkParameterNames(request.configurationParams, selected);
  const writers = assignFiles(selected, new Set(request.excludedFiles));
  const files = new Map<string, string>();
  const budget = new Budget(DEFAULT_LIMITS);
  let bytes = 0;
  for (const configuration of selected) {
    const own = [...writers].filter(([, writer]) => writer === configuration).map(([file]) => file);
    const data = dataOf(configuration, request);
    for (const file of own) {
      const text = renderFile({ file, selected: configuration, data }, request, budget);
      bytes += Buffer.byteLength(text);
      if (bytes > VOLUME_BYTES_MAX) {
        throw volumeTooLarge();
      }
      files.set(file, text);
    }
  }
  return files;
}

/** Returns the configuration that writes each file. */
function assignFiles(selected: readonly SelectedConfiguration[], excluded: ReadonlySet<string>): Map<string, SelectedConfiguration> {
  const writers = new Map<string, SelectedConfiguration>();
  for (const configuration of selected) {
    for (const file of Object.keys(configuration.configuration.data ?? {})) {
      if (excluded.has(file)) {
        continue;
      }
      const other = writers.get(file);
      if (!isFileName(file)) {
        throw invalidName(file, configuration);
      }
      if (other && other.connectorClass !== configuration.connectorClass) {
        throw conflict(file, other, configuration);
      }
      writers.set(file, configuration);
    }
  }
  return writers;
}

interface FileToRender {
  readonly file: string;
  readonly selected: SelectedConfiguration;
  readonly data: ReturnType<typeof templateData>;
}

function renderFile({ file, selected, data }: FileToRender, request: VolumeRequest, budget: Budget): string {
  const { connectorClass, configuration } = selected;
  const source = {
    connectorClass: connectorClass.metadata.name,
    configuration: configuration.name,
    file,
    text: configuration.data?.[file] ?? '',
  };
  const before = budget.copy();
  try {
    return renderTemplate(source, data, {}, budget);
  } catch (error) {
    if (!(error instanceof TemplateError)) {
      throw error;
    }
    throw templateFailure(error, () =>
      renderTemplate(source, dataOf(selected, { ...request, token: otherToken(request.token) }), {}, before),
    );
  }
}

function dataOf(selected: SelectedConfiguration, request: VolumeRequest): ReturnType<typeof templateData> {
  return templateData(selected, parameterValues(selected, request.configurationParams), request);
}

function invalidName(file: string, selected: SelectedConfiguration): RenderingError {
  const message = `${placeOf(selected)} has a file ${quoted(file)}; its name must consist of letters, digits, - _ and . (at most 253) and must not begin with ..; correct the class, or do not mount the configuration`;
  return new RenderingError('FileNameInvalid', message);
}

function conflict(file: string, ...writers: [SelectedConfiguration, SelectedConfiguration]): RenderingError {
  const message = `configuration.names: ${placeOf(writers[0])} and ${placeOf(writers[1])} both write the file "${file}"; exclude it with "!${file}", remove one of the configurations, or mount two volumes`;
  return new RenderingError('FileConflict', message);
}

function placeOf({ connectorClass, configuration }: SelectedConfiguration): string {
  return `configuration ${quoted(configuration.name)} of class "${connectorClass.metadata.name}"`;
}
