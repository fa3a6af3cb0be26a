import { createHash } from 'node:crypto';
import type { Config } from './config.ts';
import type { Policy } from './core/plan.ts';

/** The version is a hash of the order, so that every recorded decision names the very policy it followed. */
export function policyOf({ policies }: Config): (practice: string) => Policy {
  const version = (order: Policy['order']): string =>
    createHash('sha256').update(JSON.stringify(order)).digest('hex').slice(0, 12);
  return (practice) => {
    const order = policies[practice] ?? policies.default;
    return { version: version(order), order };
  };
}
