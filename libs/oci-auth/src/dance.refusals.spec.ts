import { playDances } from '../test/dance-table/play';
import { REFUSALS } from '../test/dance-table/states';

describe('the dance, by how a registry or its token server refuses', () => playDances(REFUSALS));
