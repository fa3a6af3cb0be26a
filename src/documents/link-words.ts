import type { CoverLanguage } from '../core/cover-template.ts';

interface Words {
  readonly title: string;
  readonly to: string;
  readonly from: string;
  readonly phone: string;
  readonly date: string;
  readonly urgency: string;
  readonly reference: string;
  readonly open: (from: string) => string;
  readonly typing: string;
  readonly codeTitle: string;
  readonly code: (from: string, phone: string) => string;
  readonly ends: (until: string) => string;
  readonly again: string;
  readonly misdirected: (phone: string) => string;
  /** For whoever does not read the rest. */
  readonly inShort: (from: string, phone: string) => string;
}

/** What a page with a portal link says, in English and in Spanish. */
export const linkWords: Readonly<Record<CoverLanguage, Words>> = {
  en: {
    title: 'Documents for you',
    to: 'To',
    from: 'From',
    phone: 'Telephone',
    date: 'Date',
    urgency: 'Urgency',
    reference: 'Reference',
    open: (from) =>
      `${from} has documents for you. They are not in this fax: open them in a Web browser. Type this address, or point the camera of a telephone at the square below:`,
    typing:
      'Small and capital letters are the same, and hyphens may be left out. The last part has no letters O, I or L: what looks like one is a zero or a one.',
    codeTitle: 'You need a six-digit code',
    code: (from, phone) => `It never comes by fax. Call ${from} at ${phone}: they read it out to you.`,
    ends: (until) => `The address works until ${until}, and stops working after five wrong codes.`,
    again: 'You may have received these documents before, by another way.',
    misdirected: (phone) => `Not for you? Call ${phone}, then destroy this page.`,
    inShort: (from, phone) =>
      `In English: ${from} has documents for you. Open them at the address above; for the six-digit code call ${phone}.`,
  },
  es: {
    title: 'Documentos para usted',
    to: 'Para',
    from: 'De',
    phone: 'Teléfono',
    date: 'Fecha',
    urgency: 'Urgencia',
    reference: 'Referencia',
    open: (from) =>
      `${from} tiene documentos para usted. No vienen en este fax: ábralos en un navegador. Escriba esta dirección, o apunte la cámara de un teléfono al cuadro de abajo:`,
    typing:
      'No importa si escribe mayúsculas o minúsculas, y puede omitir los guiones. La última parte no tiene las letras O, I ni L: lo que se parece a una de ellas es un cero o un uno.',
    codeTitle: 'Necesita un código de seis cifras',
    code: (from, phone) => `Nunca llega por fax. Llame a ${from} al ${phone}: se lo leen.`,
    ends: (until) =>
      `La dirección funciona hasta el ${until} y deja de funcionar después de cinco códigos incorrectos.`,
    again: 'Es posible que ya haya recibido estos documentos por otra vía.',
    misdirected: (phone) => `¿No es para usted? Llame al ${phone} y luego destruya esta página.`,
    inShort: (from, phone) =>
      `En español: ${from} tiene documentos para usted. Ábralos en la dirección de arriba; para el código de seis cifras, llame al ${phone}.`,
  },
};
