import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { LoopbackServer } from '@oci-connector/testing-kit';
import { readManifests } from './read-manifests';

const secret = (name: string): string => `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}}\n`;

describe('readManifests', () => {
  let directory: string;
  let server: LoopbackServer;
  let url: string;

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'read manifests-'));
    server = await LoopbackServer.start((request, response) => {
      if (request.url === '/a.yaml') {
        response.end(secret('downloaded'));
      } else {
        response.writeHead(404).end(secret('not-this-one'));
      }
    });
    url = server.origin;
  });

  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    await server.close();
  });

  const file = (name: string, content: string): string => {
    const full = path.join(directory, name);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, content);
    return full;
  };
  const namesIn = async (sources: readonly string[]): Promise<string[]> =>
    (await readManifests(sources)).map(({ object }) => object.metadata.name);

  it('reads files, directories and URLs in the given order, and the manifests of a directory in the order of their names', async () => {
    file('dir/2.yml', secret('second'));
    file('dir/1.yaml', secret('first'));
    file('dir/3.json', '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"third"}}');
    file('dir/README.md', 'kind: [');
    file('dir/below.yaml/x.yaml', 'kind: [');
    const sources = [`${url}/a.yaml`, path.join(directory, 'dir'), file('single', secret('single'))];
    expect(await namesIn(sources)).toEqual(['downloaded', 'first', 'second', 'third', 'single']);
  });

  it('reads the standard input', async () => {
    const stdin = jest
      .spyOn(process, 'stdin', 'get')
      .mockReturnValue(Readable.from([Buffer.from(secret('piped'))]) as typeof process.stdin);
    expect(await namesIn(['-'])).toEqual(['piped']);
    stdin.mockRestore();
  });

  it.each<[string, () => string, string]>([
    ['an empty file', () => file('empty.yaml', ''), 'empty.yaml contains no object'],
    ['a file of comments', () => file('comments.yaml', '# nothing\n---\n'), 'comments.yaml contains no object'],
    ['a directory without manifests', () => path.dirname(file('none/x.txt', '')), 'has no file that ends in .json, .yaml, .yml'],
    ['a URL that does not exist', () => `${url}/b.yaml`, '/b.yaml: the server answered 404 Not Found'],
    ['a server that does not exist', () => 'http://127.0.0.1:1/a.yaml', 'cannot read http://127.0.0.1:1/a.yaml: '],
  ])('refuses %s with a message of one line', async (_what, source, message) => {
    const error: Error = await readManifests([source()]).then(
      () => new Error('no error'),
      (problem: Error) => problem,
    );
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('\n');
  });
});
