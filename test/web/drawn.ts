import type { Account } from '../../channels/efax/config.ts';
import { previewed } from '../../channels/efax/preview.ts';
import type { Channel } from '../../src/core/channel.ts';
import { openPress } from '../../src/documents/press.ts';
import { openSandbox } from '../../src/documents/sandbox.ts';

/** The real pages of a fax, by one account. */
export const drawn =
  (now: () => number): NonNullable<Channel['preview']> =>
  async (draft) => {
    const box = openSandbox({ log: { info: () => undefined, warn: () => undefined, error: () => undefined } });
    const account = { practice: 'main', from: '+12125550100', pricePerPage: { amount: 0.07, currency: 'USD' } };
    try {
      return await previewed({ press: openPress(box), now }, [{ name: 'first', account: account as Account }], draft);
    } finally {
      await box.close();
    }
  };
