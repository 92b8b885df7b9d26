import { type CheckContext } from './check-context';
import { type CheckReport } from './check-report';
import { checkPermission } from './steps/check-permission';
import { checkClass, checkCredentialSecret, checkRegistryCa, checkStatus, findConnector } from './steps/connector-objects';
import { checkAddress, checkProxy, checkProxyCa, checkService } from './steps/proxy-objects';
import { checkName, checkPort, checkTls } from './steps/registry-connection';
import { checkChallenge, checkRegistry, checkToken } from './steps/registry-login';
import { requestManifest } from './steps/request-manifest';

/**
 * Checks everything between a workload and the registry of a Connector: first its objects, then the way from the proxy to the registry,
 * then the way from the workload to the proxy. A check runs only after those that it needs.
 */
export async function walkChain(report: CheckReport, context: CheckContext): Promise<void> {
  const connector = await report.check('connector', {}, () => findConnector(context));
  const resolved = await report.check('class', { connector }, (known) => checkClass(context, known.connector));
  const secret = await report.check('secret', { connector, resolved }, (known) =>
    checkCredentialSecret(context, known.connector, known.resolved),
  );
  const ca = await report.check('registry-ca', { connector }, (known) => checkRegistryCa(context, known.connector));

  const dns = await report.check('dns', { connector }, (known) => checkName(context, known.connector));
  const tcp = await report.check('tcp', { connector, dns }, (known) => checkPort(context, known.connector));
  const tls = await report.check('tls', { connector, tcp, ca }, (known) => checkTls(context, known.connector, known.ca));
  const registry = await report.check('registry', { connector, resolved, tls, ca }, (known) => checkRegistry(context, known));
  const login = await report.check('challenge', { connector, resolved, tls, ca, registry }, (known) => checkChallenge(context, known));
  await report.check('token', { connector, resolved, ca, secret, login }, (known) => checkToken(context, known, known.secret, known.login));

  await report.check('status', { connector }, (known) => checkStatus(context, known.connector));
  const service = await report.check('service', { connector, resolved }, (known) => checkService(context, known.connector, known.resolved));
  const address = await report.check('address', { connector, service }, (known) => checkAddress(known.connector));
  await report.check('proxy', { resolved }, (known) => checkProxy(context, known.resolved));
  await report.check('proxy-ca', { resolved }, (known) => checkProxyCa(context, known.resolved));
  const account = await report.check('permission', { connector }, () => checkPermission(context));
  await report.check('request', { resolved, address, account }, (known) => requestManifest(context, known));
}
