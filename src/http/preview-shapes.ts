import { z } from '@hono/zod-openapi';

/** A fax that nobody has sent yet. */
export const faxPreview = z
  .object({
    number: z.string(),
    barred: z.string().nullable().openapi({ description: 'why it would not be dialled now' }),
    pages: z.array(
      z.object({
        number: z.number(),
        ours: z.boolean().openapi({ description: 'cover sheet or answer sheet' }),
        warnings: z.array(z.object({ code: z.enum(['dark', 'blank', 'small-print']), text: z.string() })),
        image: z.string().nullable().openapi({ description: 'PNG, base64' }),
      }),
    ),
    seconds: z.number().openapi({ description: 'estimate of the call at 14,400 bit/s' }),
    prices: z.array(z.object({ account: z.string(), amount: z.number(), currency: z.string() })),
  })
  .openapi('FaxPreview');

export type FaxPreview = z.infer<typeof faxPreview>;
