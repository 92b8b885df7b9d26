import { decodeTokenUnverified } from '@oci-connector/kube';
import { anImage, pushImage } from '@oci-connector/testing-registry';
import { type PublishedVolume } from '../../kubelet/published-volume';
import { readLogin, type Login } from '../../kubelet/volume-login';
import { SAMPLE } from '../sample';
import { type Sandbox } from '../sandbox';

/** Pushes as a pod does: it reads the login again for each command. Records the problems. */
export class PodClient {
  readonly problems = new Set<string>();
  /** The tokens with which it has pushed, as indices of the issued tokens. */
  readonly tokens = new Set<number>();
  pushes = 0;
  /**
   * Number of pushes whose token expired during the push, because the machine was too busy for seconds. They are no problem of
   * the product.
   */
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
      this.problems.add('the login contains an older token than the one that the driver confirmed');
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

/** Pushes a new image, so that the registry has no part of it yet. */
export async function pushWith({ proxy }: Pick<Sandbox, 'proxy'>, { username, password }: Login): Promise<void> {
  const { namespace, name } = SAMPLE.connector;
  const repository = `namespaces/${namespace}/connectors/${name}/${SAMPLE.repository}`;
  await pushImage({ url: proxy.http, auth: { username, password: password.reveal() }, repository, reference: 'pushed' }, anImage());
}
