import { documentedPods } from './documented-pods';
import { yamlDocuments } from './yaml-documents';

const page = (...blocks: string[]): unknown[] =>
  yamlDocuments(blocks.map((block) => `Text.\n\n\`\`\`yaml\n${block}\n\`\`\`\n`).join('\n')).map(({ content }) => content);

const CONTAINER = { name: 'a', image: 'b' };

describe('documentedPods', () => {
  it('returns Pods and the templates of workloads, and nothing of other objects', () => {
    const pods = documentedPods(
      page(
        'kind: Pod\nmetadata: { name: p, namespace: n }\nspec: { containers: [{ name: a, image: b }] }\n---\nkind: Secret\nmetadata: { name: s }',
        'kind: Job\nmetadata: { name: j }\nspec: { template: { spec: { containers: [{ name: a, image: b }] } } }',
      ),
    );
    expect(pods).toEqual([
      { from: 'Pod p', namespace: 'n', spec: { containers: [CONTAINER] } },
      { from: 'Job j', namespace: undefined, spec: { containers: [CONTAINER] } },
    ]);
  });

  it('returns pod templates in the values of a chart and in a ConfigMap', () => {
    const template = 'spec: { containers: [{ name: a, image: b }] }';
    const pods = documentedPods(
      page(`template:\n  ${template}`, `kind: ConfigMap\nmetadata: { name: c }\ndata:\n  a.yaml: |\n    ${template}\n  b: text`),
    );
    expect(pods.map(({ from, spec }) => [from, spec.containers])).toEqual([
      ['values', [CONTAINER]],
      ['ConfigMap c', [CONTAINER]],
    ]);
  });

  it('makes a pod of a TaskRun and its Task: steps as containers, with the workspaces', () => {
    const [pod, ...others] = documentedPods(
      page(
        'kind: Task\nmetadata: { name: t }\nspec:\n  volumes: [{ name: v }]\n  workspaces: [{ name: w, mountPath: /w, readOnly: true }, { name: x }]\n' +
          '  steps: [{ name: a, image: b, script: run, volumeMounts: [{ name: v, mountPath: /v }] }]',
        'kind: TaskRun\nmetadata: { name: r }\nspec:\n  serviceAccountName: s\n  taskRef: { name: t }\n  workspaces: [{ name: w, csi: { driver: d } }]',
        'kind: TaskRun\nmetadata: { name: of-another-page }\nspec: { taskRef: { name: u } }',
      ),
    );
    expect(others).toEqual([]);
    expect(pod?.spec).toEqual({
      serviceAccountName: 's',
      containers: [
        {
          ...CONTAINER,
          args: ['run'],
          volumeMounts: [
            { name: 'v', mountPath: '/v' },
            { name: 'w', mountPath: '/w', readOnly: true },
            { name: 'x', mountPath: '/workspace/x' },
          ],
        },
      ],
      volumes: [{ name: 'v' }, { name: 'w', csi: { driver: 'd' } }],
    });
  });

  it('makes a pod of each template of a Workflow that has a container', () => {
    const pods = documentedPods(
      page(
        'kind: Workflow\nmetadata: { name: w }\nspec:\n  volumes: [{ name: v }]\n  templates: [{ name: a, container: { image: b } }, { name: dag }]',
      ),
    );
    expect(pods.map(({ spec }) => [spec.containers, spec.volumes])).toEqual([[[CONTAINER], [{ name: 'v' }]]]);
  });
});
