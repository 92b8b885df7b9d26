import path from 'node:path';
import { formatProblem } from '@oci-connector/connector-api';
import { InstallationSettings, loadSettings } from '@oci-connector/runtime';
import { visible } from '@oci-connector/sensitive';
import { type ManifestText, readSource } from '../../installation/read-manifests';
import { type World } from '../world';
import { isOurKind, lintManifests, type LintProblem } from './lint-manifests';
import { type Manifest, parseText } from './manifest';

export interface LintOptions {
  readonly sources: readonly string[];
  readonly json: boolean;
}

/** Exit status when a file cannot be read. */
const UNREADABLE = 2;

/** A message may quote a long value. */
const MAX_MESSAGE_LENGTH = 2_048;

/** `connectors lint`. @returns the exit status */
export async function lintCommand({ sources, json }: LintOptions, world: World): Promise<number> {
  let texts: ManifestText[];
  try {
    texts = (await Promise.all(sources.map(readSource))).flat();
  } catch (error) {
    world.note((error as Error).message);
    return UNREADABLE;
  }
  const parsed = texts.map(parseText);
  const manifests = parsed.flatMap((text) => text.manifests);
  const ours = manifests.filter(isOurKind);
  const syntax = parsed.flatMap(({ problems }) => problems).map((problem) => ({ ...problem, object: '', rule: 'yaml', path: '' }));
  if (ours.length + syntax.length === 0) {
    world.note(`there is no Connector and no ConnectorClass in ${texts.map(({ name }) => shown(name)).join(', ')}`);
    return UNREADABLE;
  }
  const context = { manifests, settings: loadSettings(InstallationSettings, world.environment) };
  const problems = [...syntax, ...(await lintManifests(context))].map((problem) => ({ ...problem, file: shown(problem.file) }));
  world.print(json ? `${JSON.stringify({ objects: ours.length, problems }, undefined, 2)}\n` : textOf(problems, ours));
  return problems.length > 0 ? 1 : 0;
}

function textOf(problems: readonly LintProblem[], objects: readonly Manifest[]): string {
  const lines = problems.map(({ file, line, object, ...problem }) => {
    const message = visible(formatProblem(problem), MAX_MESSAGE_LENGTH);
    return `${file}:${line}: ${object === '' ? '' : `${object}: `}${message}\n`;
  });
  const count = `${objects.length} ${objects.length === 1 ? 'object' : 'objects'}`;
  return `${lines.join('')}${count}, ${problems.length === 0 ? 'no' : problems.length} ${problems.length === 1 ? 'problem' : 'problems'}\n`;
}

/** Returns the name of a file as the user would write it. */
function shown(name: string): string {
  const relative = path.isAbsolute(name) ? path.relative('', name) : name;
  return relative.startsWith('..') ? name : relative;
}
