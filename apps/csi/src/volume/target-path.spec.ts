import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { resolveTarget } from './target-path';

describe('resolveTarget', () => {
  const parent = realpathSync(mkdtempSync(path.join(tmpdir(), 'target-')));
  const kubelet = path.join(parent, 'kubelet');
  mkdirSync(path.join(kubelet, 'pods', 'one'), { recursive: true });
  mkdirSync(path.join(parent, 'elsewhere'));
  symlinkSync(path.join(parent, 'elsewhere'), path.join(kubelet, 'pods', 'link'));
  writeFileSync(path.join(kubelet, 'pods', 'file'), '');
  symlinkSync(kubelet, path.join(parent, 'kubelet-link'));

  afterAll(() => rmSync(parent, { recursive: true }));

  it.each(['pods/one', 'pods/one/mount', 'pods/two/volumes/mount'])('accepts %s, existing or not', (inside) => {
    expect(resolveTarget(path.join(kubelet, inside), kubelet)).toBe(path.join(kubelet, inside));
  });

  it("resolves links that lead to the kubelet's directory itself", () => {
    const linked = path.join(parent, 'kubelet-link');
    expect(resolveTarget(path.join(linked, 'pods/one/mount'), linked)).toBe(path.join(kubelet, 'pods/one/mount'));
  });

  it.each([
    ['the directory itself', kubelet],
    ['a neighbour', path.join(parent, 'elsewhere')],
    ['a directory whose name has the same beginning', `${kubelet}-2/mount`],
    ['a relative path', 'pods/one/mount'],
    ['an empty path', ''],
    ['dots that lead out', `${kubelet}/pods/../../elsewhere`],
    ['dots that lead nowhere', `${kubelet}/pods/./one`],
    ['two slashes', `${kubelet}//pods/one`],
    ['a NUL', `${kubelet}/pods/one\0`],
    ['a link at the end', `${kubelet}/pods/link`],
    ['a link on the way', `${kubelet}/pods/link/mount`],
    ['a file on the way', `${kubelet}/pods/file/mount`],
    ['a path that is too long', `${kubelet}/${'a/'.repeat(2_100)}a`],
  ])('rejects %s', (_what, target) => {
    expect(() => resolveTarget(target, kubelet)).toThrow(/^target_path must /);
  });
});
