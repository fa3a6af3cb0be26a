import { describe, expect, test } from '@jest/globals';
import { phaxioSignature } from '../../../channels/efax/providers/phaxio.ts';
import { faxProviderContract } from '../../contract/fax-provider.ts';
import { openPhaxio } from './companies/phaxio.ts';
import { openSinch } from './companies/sinch.ts';
import { openSrfax } from './companies/srfax.ts';

faxProviderContract('Sinch', openSinch, { lists: true });
faxProviderContract('SRFax', openSrfax, { lists: true });
faxProviderContract('Phaxio', openPhaxio, { lists: true });

describe('Phaxio’s signature', () => {
  const parts = [{ name: 'test', file: null, bytes: Buffer.from('true') }];
  test('is the one of its own test vector', () => {
    const signature = phaxioSignature('test-webhook-token', 'example.com', parts);
    expect(signature).toBe('64a735ef0c47a0ae671e381c046648f0966deb29');
  });
});
