import { playDances } from '../test/dance-table/play';
import { TOKEN_SERVERS } from '../test/dance-table/states';

describe('the dance, by the place of the token server, and how it fails', () => playDances(TOKEN_SERVERS));
