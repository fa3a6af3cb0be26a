import { OpenAPIHono, type z } from '@hono/zod-openapi';
import { Invalid } from '../../errors.ts';
import type { Env } from '../deps.ts';
import { problem } from '../shapes.ts';

/** An empty set of routes whose requests are validated before their handlers run.
 *  @throws Invalid, with each field at fault by its path. */
export function resource(): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (result.success) return;
      const fields = Object.fromEntries(
        result.error.issues.map(({ path, message }) => [path.map(String).join('.') || 'body', message]),
      );
      throw new Invalid('Some fields are wrong.', fields);
    },
  });
}

/** The answers of a JSON route: what it gives, and problems. */
export const answers = <T extends z.ZodType>(schema: T, description: string) => ({
  200: { description, content: { 'application/json': { schema } } },
  default: problems,
});

export const problems = {
  description: 'RFC 9457 problem',
  content: { 'application/problem+json': { schema: problem } },
};

export const json = <T extends z.ZodType>(schema: T) => ({
  body: { required: true, content: { 'application/json': { schema } } },
});
