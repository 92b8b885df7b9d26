import { homedir } from 'node:os';

/** Where a program finds its API server, as kubectl and every pod have it. */
export const kubernetesEnvironment = {
  /** `$KUBECONFIG`: one file or several. */
  get kubeconfig(): string {
    return process.env['KUBECONFIG'] ?? '';
  },
  get home(): string {
    return process.env['HOME'] ?? homedir();
  },
  /** The kubelet sets both in every container. */
  get serviceHost(): string | undefined {
    return process.env['KUBERNETES_SERVICE_HOST'];
  },
  get servicePort(): string | undefined {
    return process.env['KUBERNETES_SERVICE_PORT'];
  },
};
