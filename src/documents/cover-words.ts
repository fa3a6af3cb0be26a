import type { CoverLanguage } from '../core/cover-template.ts';
import type { Urgency } from '../core/message.ts';

interface Words {
  readonly template: string;
  readonly urgencies: Readonly<Record<Urgency, string>>;
  readonly pages: (pages: number) => string;
  readonly fax: string;
  readonly misdirected: (phone: string) => string;
  readonly duplicate: readonly string[];
}

/** What a cover sheet says, in English and in Spanish. */
export const coverWords: Readonly<Record<CoverLanguage, Words>> = {
  en: {
    template: `# Fax
---
## {alert}
To: {to}
From: {practice}
Call back: {phone}
Fax back: {fax}
Date: {date}
Pages: {pages}
Urgency: {urgency}
Reference: {reference}

---
## Confidential health information
{misdirected}`,
    urgencies: { routine: 'Routine', urgent: 'URGENT', stat: 'STAT: please read at once' },
    pages: (pages) => `${pages} with this one`,
    fax: 'fax',
    misdirected: (phone) =>
      `These pages are meant only for the recipient named above. If they reached you by mistake, call ${phone} at once, then destroy them. Do not read, copy or pass them on.`,
    duplicate: [
      '## Possible duplicate',
      'An earlier try to send this may have reached you. If you have these pages already, file them once.',
    ],
  },
  es: {
    template: `# Fax
---
## {alert}
Para: {to}
De: {practice}
Teléfono: {phone}
Fax: {fax}
Fecha: {date}
Páginas: {pages}
Urgencia: {urgency}
Referencia: {reference}

---
## Información médica confidencial
{misdirected}`,
    urgencies: { routine: 'Normal', urgent: 'URGENTE', stat: 'STAT: lea esto de inmediato' },
    pages: (pages) => `${pages} con esta`,
    fax: 'fax',
    misdirected: (phone) =>
      `Estas páginas son solo para el destinatario indicado arriba. Si las recibió por error, llame de inmediato al ${phone} y luego destrúyalas. No las lea, copie ni entregue a otras personas.`,
    duplicate: [
      '## Posible duplicado',
      'Es posible que un envío anterior ya le haya llegado. Si ya tiene estas páginas, archívelas una sola vez.',
    ],
  },
};
