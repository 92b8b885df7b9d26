import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type KubeApiServer, type KubeconfigUser, startKubeApi } from '@oci-connector/testing-kube-api';
import { CheckWorld, type Servers, startServers } from './check-world';

/** A directory that each test has for itself. */
export interface TestDirectory {
  readonly path: string;
  /** Writes a file. @returns its path */
  write(name: string, text: string): string;
}

/** Gives every test of the file a directory. */
export function useDirectory(): TestDirectory {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'cli-test-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  return {
    get path() {
      return directory;
    },
    write: (name, text) => {
      const file = path.join(directory, name);
      writeFileSync(file, text);
      return file;
    },
  };
}

/** The API server of a test. */
export interface TestApi {
  readonly server: KubeApiServer;
  /** Writes a kubeconfig. @returns the option for it */
  kubeconfig(user?: KubeconfigUser): string[];
}

/** Gives every test of the file an API server without any object. */
export function useKubeApi(): TestApi {
  const directory = useDirectory();
  let api: KubeApiServer;
  beforeEach(async () => {
    api = await startKubeApi();
  });
  afterEach(() => api.close());
  return {
    get server() {
      return api;
    },
    kubeconfig: (user = 'admin') => ['--kubeconfig', directory.write('kubeconfig', api.kubeconfig(user))],
  };
}

/** The cluster of a test in which everything works, and the servers that all tests of the file share. */
export interface TestWorld {
  readonly servers: Servers;
  readonly cluster: CheckWorld;
}

/** Gives every test of the file a {@link CheckWorld}. */
export function useCheckWorld(): TestWorld {
  let servers: Servers;
  let cluster: CheckWorld;
  beforeAll(async () => {
    servers = await startServers();
  });
  afterAll(() => servers.close());
  beforeEach(async () => {
    cluster = await CheckWorld.start(servers);
  });
  afterEach(() => cluster.close());
  return {
    get servers() {
      return servers;
    },
    get cluster() {
      return cluster;
    },
  };
}
