import { once } from 'node:events';
import { createConnection } from 'node:net';
import { Reason } from '@oci-connector/connector-api';
import { type DiagnosisTarget, explain, failed, type Finding, PASSED, type ProtocolProbes } from '@oci-connector/diagnosis';

/** The probes of a protocol that is not shipped, which is not even HTTP: a client sends a line, the server answers with a line. */
export const toyProbes: ProtocolProbes = {
  liveness: (target, { signal }) => asked('liveness', target.address.origin, async () => judge(await ask(target, 'PING', signal), 'PONG')),
  credential: {
    params: ['shelf'],
    check: (target, { params, signal }) =>
      asked('credential', target.address.origin, async () => {
        const { username, password } = target.credential ?? {};
        const login = `LOGIN ${username} ${password?.reveal()} ${JSON.stringify(params)}`;
        return judge(await ask(target, login, signal), 'WELCOME');
      }),
  },
};

async function asked(check: 'liveness' | 'credential', origin: string, ask: () => Promise<Finding>): Promise<Finding> {
  try {
    return await ask();
  } catch (error) {
    return explain(error, { check, origin });
  }
}

function judge(answer: string, wanted: string): Finding {
  return answer === wanted ? PASSED : failed(Reason.AuthenticationFailed, `the server said ${answer} instead of ${wanted}`);
}

async function ask({ address, egress }: DiagnosisTarget, line: string, signal: AbortSignal): Promise<string> {
  const [pinned] = await egress.resolve(address.host, address.port, 'connector');
  const socket = createConnection({ host: pinned?.address, port: address.port });
  try {
    socket.write(`${line}\n`);
    const [data] = (await once(socket, 'data', { signal })) as [Buffer];
    return data.toString().trim();
  } finally {
    socket.destroy();
  }
}
