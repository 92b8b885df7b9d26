import { decodeTokenUnverified } from '@oci-connector/kube';
import { anImage, pushImage } from '@oci-connector/testing-registry';
import { type PublishedVolume } from '../../kubelet/published-volume';
import { readLogin, type Login } from '../../kubelet/volume-login';
import { SAMPLE } from '../sample';
import { type Sandbox } from '../sandbox';

/** Pushes as a pod does, which reads the login anew for each command, and judges what becomes of it. */
export class PodClient {
  readonly problems = new Set<string>();
  /** The tokens with which it has pushed, as indices of those that were issued. */
  readonly tokens = new Set<number>();
  pushes = 0;
  /** Pushes whose token ended under way, because the machine stood still for seconds. Nobody's fault, so no problem. */
  overtaken = 0;

  constructor(
    private readonly sandbox: Sandbox,
    private readonly volume: PublishedVolume,
  ) {}

  async push(): Promise<void> {
    const { delivered } = this.volume;
    const login = await readLogin(this.volume.directory, new URL(this.sandbox.proxy.http).host);
    const index = this.volume.issued.findIndex((token) => token.equals(login.password));
    if (index < delivered - 1) {
      this.problems.add('the login has an older token than the driver had answered for');
    }
    try {
      await pushWith(this.sandbox, login);
      this.tokens.add(index);
      this.pushes += 1;
    } catch (error) {
      if (Date.now() < decodeTokenUnverified(login.password).expiresAt) {
        this.problems.add((error as Error).message);
      } else {
        this.overtaken += 1;
      }
    }
  }
}

/** A new image each time: nothing of it is at the registry already. */
export async function pushWith({ proxy }: Pick<Sandbox, 'proxy'>, { username, password }: Login): Promise<void> {
  const { namespace, name } = SAMPLE.connector;
  const repository = `namespaces/${namespace}/connectors/${name}/${SAMPLE.repository}`;
  await pushImage({ url: proxy.http, auth: { username, password: password.reveal() }, repository, reference: 'pushed' }, anImage());
}
