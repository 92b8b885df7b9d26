import { Choice } from './fields';
import { Nested } from './object-fields';

/** The verbs on connectors/proxy that the proxy asks about. */
const VERBS = ['get', 'update', 'delete'] as const;

/** What a client needs to open a WebSocket. */
export class ClassUpgrade {
  @Choice(VERBS, { description: 'Verb on connectors/proxy that a WebSocket needs besides get, the verb of its request.' })
  verb!: (typeof VERBS)[number];
}

/** What an HTTP service can do besides plain requests. */
export class ConnectorClassHttp {
  @Nested(() => ClassUpgrade, {
    description: 'Allows WebSocket (GET with Upgrade: websocket). Without it, and for any other upgrade, the proxy answers 501.',
    optional: true,
  })
  upgrade?: ClassUpgrade;
}
