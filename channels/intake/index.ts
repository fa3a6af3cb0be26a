import { z } from 'zod';
import { defineChannel } from '../../src/core/channel.ts';
import { accepted, unknown } from '../../src/core/outcome.ts';

/** The last metre of everything that is meant for our own people: a practice's intake queue.
 *  Filing is a write to our own store, so acceptance is proof. */
export default defineChannel({
  name: 'intake',
  config: z.strictObject({}),
  create: (_config, { desk, log }) => ({
    name: 'intake',
    capabilities: {
      address: /^[a-z0-9-]+$/,
      mediaTypes: [],
      maxBytes: 0,
      proof: 'acceptance',
      cost: 0,
      width: 8,
      // Filing what lies there changes nothing, whenever it is done.
      repeatWithin: Number.MAX_SAFE_INTEGER,
    },
    async send({ message }) {
      try {
        await desk.file(message);
        return accepted();
      } catch (cause) {
        // It may have been filed. Filed again for as long as there is patience, then shown to a person: never failed.
        log.error('filing.failed', { message: message.id }, cause);
        return unknown('interrupted', 'filing broke');
      }
    },
    check: () => Promise.resolve({ ok: true }),
  }),
});
