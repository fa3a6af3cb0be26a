import { z } from 'zod';
import { templateProblem } from './core/cover-template.ts';

const cover = z.strictObject({
  language: z.enum(['en', 'es']).default('en'),
  template: z
    .string()
    .superRefine((template, context) => {
      const message = templateProblem(template);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .nullable()
    .default(null),
});

/** One of `practices` in the settings. */
export const practice = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,40}$/, 'lower-case letters, digits and hyphens'),
  name: z.string().min(1),
  phone: z.string().min(1),
  npi: z
    .string()
    .regex(/^\d{10}$/, 'ten digits')
    .nullable(),
  addresses: z.record(z.string(), z.array(z.string())),
  answerSheet: z.boolean().default(true),
  cover: cover.prefault({}),
});
