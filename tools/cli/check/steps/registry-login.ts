import { type Connector, protocolOf } from '@oci-connector/connector-api';
import { type LoginFinding, type ResolvedClass } from '@oci-connector/diagnosis';
import { type CheckContext, targetOf } from '../check-context';
import { ofFinding, type Outcome, passed, skipped } from '../outcome';
import { addressOf, type FoundCredential } from './connector-objects';

/** Results of earlier checks. */
interface Known {
  readonly connector: Connector;
  readonly resolved: ResolvedClass;
  readonly ca: readonly string[];
}

/** Runs the liveness probe of the class, as the controller does. */
export async function checkRegistry(context: CheckContext, { connector, resolved, ca }: Known): Promise<Outcome> {
  const probe = resolved.connectorClass && context.probes.liveness(resolved.connectorClass);
  if (!probe) {
    return passed('nothing to check: the class has no livenessProbe', undefined);
  }
  const address = addressOf(connector);
  const finding = await probe.run(targetOf(context, connector, { address, ca }), AbortSignal.timeout(context.timeoutMs));
  return ofFinding(finding, () => passed(`${address.origin} answers as the class requires`, undefined));
}

/** How the server wants clients to log in. Absent: its protocol does not say that. */
export interface FoundLogin {
  readonly login?: LoginFinding['login'];
}

/** Asks for the challenge, and checks that its token server may receive the credential. */
export async function checkChallenge(context: CheckContext, { connector, resolved, ca }: Known): Promise<Outcome<FoundLogin>> {
  const ask = resolved.connectorClass && context.probes.login(resolved.connectorClass);
  if (!ask) {
    const protocol = resolved.connectorClass ? protocolOf(resolved.connectorClass) : 'http';
    return passed(`not used: protocol ${protocol} has no challenge`, {});
  }
  const address = addressOf(connector);
  const { finding, login } = await ask(targetOf(context, connector, { address, ca }), AbortSignal.timeout(context.timeoutMs));
  return ofFinding(finding, () => passed(describe(login), { login }));
}

function describe(login: LoginFinding['login']): string {
  switch (login?.scheme) {
    case 'bearer':
      return `the registry wants a token of ${login.sentTo}, which is trusted`;
    case 'basic':
      return `the registry wants user name and password with each request (Basic)`;
    default:
      return 'the registry wants no login';
  }
}

/** Checks the credential, as the controller does. Says before where it goes. */
export async function checkToken(
  context: CheckContext,
  { connector, resolved, ca }: Known,
  { credential }: FoundCredential,
  { login }: FoundLogin,
): Promise<Outcome> {
  const check = resolved.connectorClass && context.probes.credential(connector, resolved.connectorClass);
  if (!check) {
    return skipped('the class has no authProbe for the authentication type of the Connector');
  }
  if (credential && login) {
    if (!context.sendsCredential) {
      return skipped('--no-credential is given');
    }
    context.announce(`sending the credential of Secret "${connector.spec.auth?.secretRef?.name}" to ${login.sentTo}`);
  }
  const target = targetOf(context, connector, { address: addressOf(connector), ca, credential });
  const finding = await check.run(target, AbortSignal.timeout(context.timeoutMs));
  return ofFinding(finding, () =>
    passed(credential ? 'the credential is accepted' : 'clients without a credential are accepted', undefined),
  );
}
