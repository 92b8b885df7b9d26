import { TcpServer, TestCertificateAuthority } from '@oci-connector/testing-kit';
import { startFixtureRegistry, type FixtureRegistry } from '@oci-connector/testing-registry';

/** The account that every registry has. */
export const LOGIN = { username: 'ada', password: 'pw-of-the-fixture' };

/** Registries with different authentication or with TLS, and a host that is not a registry. */
export interface Registries {
  /** Its token server has the registry's own origin. */
  readonly sameOrigin: FixtureRegistry;
  readonly otherOrigin: FixtureRegistry;
  readonly basic: FixtureRegistry;
  /** With a certificate of `authority`. */
  readonly secure: FixtureRegistry;
  readonly authority: TestCertificateAuthority;
  /** Accepts connections and never answers. */
  readonly silent: TcpServer;
  close(): Promise<void>;
}

export async function startRegistries(): Promise<Registries> {
  const accounts = [LOGIN];
  const authority = await TestCertificateAuthority.create();
  const sameOrigin = await startFixtureRegistry({ auth: { mode: 'token', realm: 'same-origin', accounts } });
  const otherOrigin = await startFixtureRegistry({ auth: { mode: 'token', realm: 'other-origin', accounts } });
  const basic = await startFixtureRegistry({ auth: { mode: 'basic', accounts } });
  const secure = await startFixtureRegistry({ tls: await authority.issue({ ips: ['127.0.0.1'] }) });
  const silent = await TcpServer.start();
  return {
    sameOrigin,
    otherOrigin,
    basic,
    secure,
    authority,
    silent,
    close: async () => {
      await Promise.all([sameOrigin, otherOrigin, basic, secure, silent].map((server) => server.close()));
    },
  };
}
