import { homedir } from 'node:os';

/** The environment variables by which a program finds the API server, as in kubectl and in every pod. */
export const kubernetesEnvironment = {
  /** All variables, which exec plugins inherit. */
  get all(): NodeJS.ProcessEnv {
    return process.env;
  },
  /** `$KUBECONFIG`: one or more files. */
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
