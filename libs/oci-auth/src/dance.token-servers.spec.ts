import { playDances } from '../test/dance-table/play';
import { TOKEN_SERVERS } from '../test/dance-table/states';

describe('the dance, by where the token server is, and how it fails', () => playDances(TOKEN_SERVERS));
