import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { KubeApiError, KubeUnreachableError, Reachability } from '@oci-connector/kube';
import { ManualClock } from '@oci-connector/testing-kit';
import { CredentialStore } from './credential-store';
import { secretRevision, type SecretObject } from './secret-object';

const KEY = { namespace: 'team', name: 'login' };

class Api {
  readonly clock = new ManualClock();
  reads = 0;
  secret: SecretObject | undefined = version('1');
  failure: Error | undefined;
  /** While set, reads wait here. */
  gate: Promise<void> | undefined;
  readonly reachability = new Reachability(this.clock);
  readonly store = new CredentialStore({
    readSecret: async (namespace, name) => {
      expect({ namespace, name }).toEqual(KEY);
      this.reads += 1;
      const { secret, failure } = this;
      await this.gate;
      if (failure !== undefined) {
        throw failure;
      }
      return secret;
    },
    clock: this.clock,
    reachability: this.reachability,
  });

  async revision(options?: { fresh?: boolean }): Promise<string> {
    return secretRevision(await this.store.get(KEY, options));
  }
}

function version(resourceVersion: string): SecretObject {
  return { metadata: { ...KEY, uid: 'u', resourceVersion }, type: 'kubernetes.io/basic-auth', data: { password: 'aHVzaA==' } };
}

function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('CredentialStore', () => {
  it('reads a Secret again after ten seconds, so that a changed password applies', async () => {
    const api = new Api();
    expect(await api.revision()).toBe('u/1');
    api.secret = version('2');
    api.clock.advance(9_999);
    expect(await api.revision()).toBe('u/1');
    api.clock.advance(1);
    expect(await api.revision()).toBe('u/2');
    expect(api.reads).toBe(2);
  });

  it('keeps no private key of a Secret that is read for its certificates', async () => {
    const api = new Api();
    const encode = (text: string): string => Buffer.from(text).toString('base64');
    const [key, certificate] = [
      '-----BEGIN EC PRIVATE KEY-----\nhush\n-----END EC PRIVATE KEY-----\n',
      '-----BEGIN CERTIFICATE-----\naA==\n-----END CERTIFICATE-----',
    ];
    const login = { username: encode('_json_key'), password: encode(`{"private_key": ${JSON.stringify(key)}}`) };
    api.secret = {
      ...version('1'),
      data: { 'tls.key': encode(key), 'tls.crt': encode(certificate), 'both.pem': encode(key + certificate), ...login },
    };
    const { data } = await api.store.get(KEY);
    expect(data).toEqual({ 'tls.key': '', 'tls.crt': encode(certificate), 'both.pem': encode(certificate), ...login });
  });

  it('peek returns only Secrets that need no read', async () => {
    const api = new Api();
    expect(api.store.peek(KEY)).toBeUndefined();
    const secret = await api.store.get(KEY);
    api.clock.advance(9_999);
    expect(api.store.peek(KEY)).toBe(secret);
    api.clock.advance(1);
    expect(api.store.peek(KEY)).toBeUndefined();
    expect(api.reads).toBe(1);
  });

  it('reads immediately when a fresh Secret is requested', async () => {
    const api = new Api();
    await api.revision();
    api.secret = version('2');
    expect(await api.revision({ fresh: true })).toBe('u/2');
    expect(await api.revision()).toBe('u/2');
    expect(api.reads).toBe(2);
  });

  it('forces no more than four reads a second', async () => {
    const api = new Api();
    for (let ms = 0; ms < 1_000; ms += 10) {
      await api.revision({ fresh: true });
      api.clock.advance(10);
    }
    expect(api.reads).toBe(4);
  });

  it('sends one read for a hundred concurrent requests', async () => {
    const api = new Api();
    const all = await Promise.all(Array.from({ length: 100 }, () => api.revision()));
    expect(new Set(all)).toEqual(new Set(['u/1']));
    expect(api.reads).toBe(1);
  });

  it('does not let a fresh read join one that may have begun before the change', async () => {
    const api = new Api();
    const slow = gate();
    api.gate = slow.opened;
    const before = api.revision();
    api.gate = undefined;
    api.clock.advance(5);
    api.secret = version('2');
    expect(await api.revision({ fresh: true })).toBe('u/2');
    slow.open();
    expect(await before).toBe('u/1');
    // The slow read ended last and did not replace the newer Secret.
    expect(await api.revision()).toBe('u/2');
    expect(api.reads).toBe(2);
  });

  it('caches the absence of a Secret for one second', async () => {
    const api = new Api();
    api.secret = undefined;
    await expect(api.revision()).rejects.toMatchObject({
      code: 'SecretNotFound',
      message: 'Secret "login" does not exist in namespace "team"; create it',
    });
    api.secret = version('1');
    api.clock.advance(999);
    await expect(api.revision()).rejects.toMatchObject({ code: 'SecretNotFound' });
    expect(api.reads).toBe(1);
    api.clock.advance(1);
    expect(await api.revision()).toBe('u/1');
  });

  it('says what to do about a Secret that it may not read, and reads it again for the next request', async () => {
    const api = new Api();
    api.failure = new KubeApiError(403, { reason: 'Forbidden', message: 'connectors-proxy cannot get secrets' }, 'GET secrets/login');
    const reading = api.revision();
    await expect(reading).rejects.toMatchObject({ name: 'CredentialError', code: 'SecretNotFound' });
    await expect(reading).rejects.toThrow(
      'the proxy may not read Secret "login" in namespace "team"; add the namespace to rbac.secretNamespaces of the chart',
    );
    api.failure = undefined;
    expect(await api.revision()).toBe('u/1');
  });

  it('names the type that an absent Secret must have', async () => {
    const api = new Api();
    api.secret = undefined;
    await expect(api.store.get({ ...KEY, type: 'kubernetes.io/basic-auth' })).rejects.toThrow(
      'Secret "login" does not exist in namespace "team"; create it with type kubernetes.io/basic-auth',
    );
  });

  it('caches a Secret that is marked as unusable for one second, so that a corrected one works soon', async () => {
    const api = new Api();
    api.store.markUnusable(KEY, await api.store.get(KEY));
    api.secret = version('2');
    api.clock.advance(999);
    expect(await api.revision()).toBe('u/1');
    expect(api.reads).toBe(1);
    api.clock.advance(1);
    expect(await api.revision()).toBe('u/2');
    // The corrected Secret is cached for the usual time.
    api.clock.advance(9_999);
    expect(await api.revision()).toBe('u/2');
    expect(api.reads).toBe(2);
  });

  it('does not shorten the time of a newer Secret', async () => {
    const api = new Api();
    const old = await api.store.get(KEY);
    api.clock.advance(10_000);
    api.secret = version('2');
    expect(await api.revision()).toBe('u/2');
    api.store.markUnusable(KEY, old);
    api.clock.advance(9_999);
    expect(await api.revision()).toBe('u/2');
    expect(api.reads).toBe(2);
  });

  it('forgets a Secret that was deleted', async () => {
    const api = new Api();
    await api.revision();
    api.secret = undefined;
    api.clock.advance(10_000);
    await expect(api.revision()).rejects.toMatchObject({ code: 'SecretNotFound' });
  });

  describe('while the API server cannot be reached', () => {
    it('uses the last read Secret for five minutes and no longer', async () => {
      const api = new Api();
      await api.revision();
      api.failure = new KubeUnreachableError('no answer');
      api.clock.advance(299_999);
      expect(await api.revision()).toBe('u/1');
      expect(await api.revision({ fresh: true })).toBe('u/1');
      api.clock.advance(1);
      await expect(api.revision()).rejects.toBe(api.failure);
    });

    it('uses it immediately once the outage is known, and new data when the API server responds again', async () => {
      const api = new Api();
      await api.revision();
      api.failure = new KubeUnreachableError('no answer');
      api.clock.advance(10_000);
      expect(await api.revision()).toBe('u/1');
      // The API server hangs from now on. No caller waits for it.
      const { opened, open } = gate();
      api.gate = opened;
      api.failure = undefined;
      api.secret = version('2');
      expect(await api.revision()).toBe('u/1');
      expect(await api.revision({ fresh: true })).toBe('u/1');
      // In the background: this read, and after a second the one that detected the outage.
      expect(api.reads).toBe(3);
      api.clock.advance(1_000);
      await setImmediate();
      expect(api.reads).toBe(4);
      open();
      while (api.reachability.outage !== undefined) {
        await setImmediate();
      }
      expect(await api.revision()).toBe('u/2');
    });

    it('fails for a Secret that was never read', async () => {
      const api = new Api();
      api.failure = new KubeUnreachableError('no answer');
      await expect(api.revision()).rejects.toBe(api.failure);
      api.failure = undefined;
      expect(await api.revision()).toBe('u/1');
    });

    it('does not use the cached absence of a Secret', async () => {
      const api = new Api();
      api.secret = undefined;
      await expect(api.revision()).rejects.toMatchObject({ code: 'SecretNotFound' });
      api.clock.advance(1_000);
      api.failure = new KubeUnreachableError('no answer');
      await expect(api.revision()).rejects.toBe(api.failure);
    });
  });

  it('C10 fail-open: an error response is not an outage', async () => {
    const api = new Api();
    await api.revision();
    api.clock.advance(10_000);
    api.failure = new Error('403 Forbidden');
    await expect(api.revision()).rejects.toBe(api.failure);
  });

  it('C14 log leakage: the Secrets that it returns do not print their data', async () => {
    const api = new Api();
    api.secret = { ...version('1'), metadata: { ...version('1').metadata, ...{ annotations: { last: 'aHVzaA==' } } } };
    const secret = await api.store.get(KEY);
    expect(secret.data).toEqual({ password: 'aHVzaA==' });
    expect(`${JSON.stringify({ secret })} ${inspect({ secret }, { depth: 9 })}`).not.toContain('aHVzaA');
  });

  it('ends reads in flight when it is closed', async () => {
    let signal: AbortSignal | undefined;
    const store = new CredentialStore({
      readSecret: (_namespace, _name, given) => {
        signal = given;
        return Promise.resolve(version('1'));
      },
      clock: new Api().clock,
    });
    await store.get(KEY);
    store.close();
    expect(signal?.aborted).toBe(true);
  });
});
