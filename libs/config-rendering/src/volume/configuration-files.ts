import { type Sensitive } from '@oci-connector/sensitive';
import { type TemplateSource } from '../template/render-template';
import { checkParameterNames, parameterValues } from './configuration-params';
import { isFileName } from './file-name';
import { renderFile } from './render-file';
import { RenderingError } from './rendering.errors';
import { selectConfigurations, type SelectedConfiguration } from './select-configurations';
import { templateData, type TemplateData } from './template-data';
import { type VolumeRequest } from './volume-request';

/**
 * The files of the configurations that the volume asks for. Of two configurations of one class that write the same file the
 * later in `configuration.names` does; two classes may not. Excluded files are not even rendered.
 *
 * @throws RenderingError
 */
export function configurationFiles(request: VolumeRequest): Map<string, string> {
  const selected = selectConfigurations(request);
  checkParameterNames(request.configurationParams, selected);
  const writers = assignFiles(selected, new Set(request.excludedFiles));
  const files = new Map<string, string>();
  for (const configuration of selected) {
    const own = [...writers].filter(([, writer]) => writer === configuration).map(([file]) => file);
    const values = parameterValues(configuration, request.configurationParams);
    const dataWith = (token: Sensitive): TemplateData => templateData(configuration, values, { ...request, token });
    for (const file of own) files.set(file, renderFile(sourceOf(file, configuration), request.token, dataWith));
  }
  return files;
}

/** Which configuration writes a file. */
function assignFiles(selected: readonly SelectedConfiguration[], excluded: ReadonlySet<string>): Map<string, SelectedConfiguration> {
  const writers = new Map<string, SelectedConfiguration>();
  for (const configuration of selected) {
    for (const file of Object.keys(configuration.configuration.data ?? {})) {
      if (excluded.has(file)) continue;
      const other = writers.get(file);
      if (!isFileName(file)) throw invalidName(file, configuration);
      if (other && other.connectorClass !== configuration.connectorClass) throw conflict(file, other, configuration);
      writers.set(file, configuration);
    }
  }
  return writers;
}

function sourceOf(file: string, { connectorClass, configuration }: SelectedConfiguration): TemplateSource {
  return { connectorClass: connectorClass.metadata.name, configuration: configuration.name, file, text: configuration.data?.[file] ?? '' };
}

function invalidName(file: string, selected: SelectedConfiguration): RenderingError {
  const message = `${placeOf(selected)} has a file ${JSON.stringify(file)}; its name must be made of letters, digits, - _ and . (at most 253) and not begin with ..; correct the class, or leave the configuration out`;
  return new RenderingError('FileNameInvalid', message);
}

function conflict(file: string, ...writers: [SelectedConfiguration, SelectedConfiguration]): RenderingError {
  const message = `configuration.names: ${placeOf(writers[0])} and ${placeOf(writers[1])} both write the file "${file}"; exclude it with "!${file}", leave one configuration out, or mount two volumes`;
  return new RenderingError('FileConflict', message);
}

function placeOf({ connectorClass, configuration }: SelectedConfiguration): string {
  return `configuration "${configuration.name}" of class "${connectorClass.metadata.name}"`;
}
