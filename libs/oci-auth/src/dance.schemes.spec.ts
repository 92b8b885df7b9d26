import { playDances } from '../test/dance-table/play';
import { SCHEMES } from '../test/dance-table/states';

describe('the dance, by how a registry requires requests to be authorised', () => playDances(SCHEMES));
