import { faxProviderContract } from '../../contract/fax-provider.ts';
import { openSinch } from './companies/sinch.ts';

faxProviderContract('Sinch', openSinch, { lists: true });
