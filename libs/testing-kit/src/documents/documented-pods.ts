import { parse } from 'yaml';

interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
}

/** The fields of a container that the tests of documents read. All others are kept. */
export interface DocumentedContainer {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts?: readonly VolumeMount[];
}

export interface DocumentedVolume {
  readonly name: string;
  readonly csi?: { readonly driver: string; readonly readOnly?: boolean; readonly volumeAttributes?: Readonly<Record<string, string>> };
}

/** The spec of a pod that a document describes. */
export interface DocumentedPod {
  /** Kind and name of the object that describes it, or the text `values`. */
  readonly from: string;
  readonly namespace?: string;
  readonly spec: {
    readonly serviceAccountName?: string;
    readonly automountServiceAccountToken?: boolean;
    readonly initContainers?: readonly DocumentedContainer[];
    readonly containers: readonly DocumentedContainer[];
    readonly volumes?: readonly DocumentedVolume[];
  };
}

interface Step extends DocumentedContainer {
  readonly script?: string;
}

interface Workspace extends DocumentedVolume {
  readonly mountPath?: string;
  readonly readOnly?: boolean;
}

/** The fields that the kinds of objects have in common with pods, or in place of theirs. */
interface Documented {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly data?: Readonly<Record<string, string>>;
  /** Of the values of a chart. */
  readonly template?: { readonly spec?: DocumentedPod['spec'] };
  readonly spec?: {
    readonly template?: { readonly spec?: DocumentedPod['spec'] };
    readonly serviceAccountName?: string;
    readonly automountServiceAccountToken?: boolean;
    readonly volumes?: readonly DocumentedVolume[];
    // Tekton
    readonly taskRef?: { readonly name: string };
    readonly podTemplate?: { readonly automountServiceAccountToken?: boolean };
    readonly steps?: readonly Step[];
    readonly workspaces?: readonly Workspace[];
    // Argo Workflows
    readonly templates?: readonly { readonly name: string; readonly container?: DocumentedContainer }[];
  };
}

/**
 * Returns the pods that the documents of one page describe: Pods, pod templates of workloads, and what CI systems make pods of. A
 * TaskRun of Tekton gets its containers from the Task on the same page.
 */
export function documentedPods(documents: readonly unknown[]): DocumentedPod[] {
  const objects = documents as readonly Documented[];
  return objects.flatMap((object) => {
    const from = object.kind ? `${object.kind} ${object.metadata?.name ?? ''}` : 'values';
    const namespace = object.metadata?.namespace;
    return podSpecsOf(object, objects).map((spec) => ({ from, namespace, spec }));
  });
}

function podSpecsOf(object: Documented, page: readonly Documented[]): DocumentedPod['spec'][] {
  switch (object.kind) {
    case 'Pod':
      return [object.spec as DocumentedPod['spec']];
    case 'TaskRun':
      return taskRunSpecs(object, page);
    case 'Workflow':
      return workflowSpecs(object);
    case 'ConfigMap':
      return Object.values(object.data ?? {}).flatMap((text) => templateSpecs(parse(text)));
    case undefined:
      return templateSpecs(object.template);
    default:
      return templateSpecs(object.spec?.template);
  }
}

/** Returns the spec of what may be a pod template. */
function templateSpecs(template: unknown): DocumentedPod['spec'][] {
  const { spec } = (template ?? {}) as { spec?: DocumentedPod['spec'] };
  return Array.isArray(spec?.containers) ? [spec] : [];
}

/** Tekton mounts each workspace that the Task declares into every step, and runs a script as a file. */
function taskRunSpecs({ spec: run }: Documented, page: readonly Documented[]): DocumentedPod['spec'][] {
  const task = page.find(({ kind, metadata }) => kind === 'Task' && metadata?.name === run?.taskRef?.name)?.spec;
  if (!task) {
    return [];
  }
  const mounts = (task.workspaces ?? []).map(({ name, mountPath = `/workspace/${name}`, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly && { readOnly }),
  }));
  const containers = (task.steps ?? []).map(({ script, volumeMounts = [], ...step }) => ({
    ...step,
    ...(script !== undefined && { args: [script] }),
    volumeMounts: [...volumeMounts, ...mounts],
  }));
  const volumes = [...(task.volumes ?? []), ...(run?.workspaces ?? [])];
  return [{ serviceAccountName: run?.serviceAccountName, ...run?.podTemplate, containers, volumes }];
}

/** Argo Workflows gives each template a pod, with the volumes of the Workflow. */
function workflowSpecs({ spec }: Documented): DocumentedPod['spec'][] {
  const { templates = [], serviceAccountName, automountServiceAccountToken, volumes } = spec ?? {};
  return templates.flatMap(({ name, container }) =>
    container ? [{ serviceAccountName, automountServiceAccountToken, containers: [{ ...container, name }], volumes }] : [],
  );
}
