import { faxProviderContract } from '../../contract/fax-provider.ts';
import { openSinch } from './companies/sinch.ts';
import { openSrfax } from './companies/srfax.ts';

faxProviderContract('Sinch', openSinch, { lists: true });
faxProviderContract('SRFax', openSrfax, { lists: true });
