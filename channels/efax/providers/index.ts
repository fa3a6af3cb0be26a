import type { Company } from '../provider.ts';
import { documo } from './documo.ts';
import { efaxRest } from './efax-rest.ts';
import { efaxXml } from './efax-xml.ts';
import { hylafax } from './hylafax.ts';
import { phaxio } from './phaxio.ts';
import { sinch } from './sinch.ts';
import { srfax } from './srfax.ts';
import { telnyx } from './telnyx.ts';

/** The companies that the fax channel can work with. A new one is a file and two lines here. */
export const companies = [telnyx, hylafax, sinch, phaxio, srfax, documo, efaxRest, efaxXml] as const;

export const companyOf = (name: string): Company => {
  const company = companies.find((each) => each.name === name);
  if (!company) throw new RangeError(`there is no fax company ${name}`);
  return company as unknown as Company;
};
