import { readFileSync } from 'node:fs';
import path from 'node:path';
import { imageEnvironment } from './image-environment';

const DOCKERFILE = `FROM base AS program
ENV PATH=/bin
FROM program AS one
LABEL a=b
ENV A=1 \\
    B=--flag=2
ENV C=3
FROM program AS two
ENV A=4
`;

describe('imageEnvironment', () => {
  it('has the variables of one target, on all lines of an instruction', () => {
    expect(imageEnvironment(DOCKERFILE, 'one')).toEqual({ A: '1', B: '--flag=2', C: '3' });
    expect(imageEnvironment(DOCKERFILE, 'two')).toEqual({ A: '4' });
  });

  it('refuses a target that does not exist', () => {
    expect(() => imageEnvironment(DOCKERFILE, 'three')).toThrow('the Dockerfile has no target three');
  });

  it.each(['controller', 'proxy', 'csi'])('reads deploy/Dockerfile: %s', (target) => {
    const text = readFileSync(path.join(__dirname, '../../deploy/Dockerfile'), 'utf8');
    expect(imageEnvironment(text, target)).toMatchObject({ MALLOC_ARENA_MAX: '1' });
  });
});
