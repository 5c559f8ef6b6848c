import { systemClock } from '../../src/runtime/system-clock.ts';
import { createRig } from './rig.ts';
import { plainRoute, tableWith } from './tables.ts';

// A gateway on the socket that the parent process has bound, as file descriptor 3.
const rig = createRig({ clock: systemClock });
rig.feed.publish(tableWith(1, [plainRoute()]));
await rig.gateway.start();
await rig.gateway.listen({ fd: 3 });
