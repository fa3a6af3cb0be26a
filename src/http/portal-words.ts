import type { Answer } from '../core/link.ts';

/** What the recipients' pages say, in English and in Spanish. */

export type Language = 'en' | 'es';

const en = {
  other: 'Español',
  deadTitle: 'This link cannot be used',
  dead: 'It may have run out, or too many wrong codes were tried. Please ask the practice that sent it for a new one.',
  waitTitle: 'Too many tries',
  wait: (minutes: number) => `Please wait ${minutes} minutes, then try again.`,
  documentsFrom: (from: string) => `Documents from ${from}`,
  hasDocuments: (from: string) => `${from} has documents for you`,
  wrong: 'That code was not right. After five wrong codes this link stops working.',
  enter: (from: string) => `Enter the six-digit code that ${from} gave you by phone or text message.`,
  code: 'Code',
  show: 'Show the documents',
  noCode: (from: string, phone: string) => `No code? Call ${from} at ${phone}: they can read it out to you.`,
  yourAnswer: (from: string) => `Your answer to ${from}`,
  youSaid: (what: string) => `You said: ${what}. You can change it.`,
  incomplete: 'Please say why you decline, what you need to know, or the day of the appointment.',
  received: 'We have received it',
  accepted: 'We accept the patient',
  scheduled: 'The patient has an appointment on the day below',
  information: 'We need to know more (please say what)',
  declined: 'We decline (please say why)',
  day: 'Day of the appointment',
  reason: 'What you need to know, or why you decline',
  send: 'Send the answer',
  save: (size: string) => `Save the file (${size})`,
  page: (number: number) => `page ${number}`,
  thanks: 'Thank you',
  recorded: 'Your answer has been recorded. You can close this page.',
};

const es: typeof en = {
  other: 'English',
  deadTitle: 'Este enlace no se puede usar',
  dead: 'Puede haber vencido, o se probaron demasiados códigos incorrectos. Pida uno nuevo al consultorio que lo envió.',
  waitTitle: 'Demasiados intentos',
  wait: (minutes) => `Espere ${minutes} minutos y vuelva a intentarlo.`,
  documentsFrom: (from) => `Documentos de ${from}`,
  hasDocuments: (from) => `${from} tiene documentos para usted`,
  wrong: 'Ese código no es correcto. Después de cinco códigos incorrectos, este enlace deja de funcionar.',
  enter: (from) => `Escriba el código de seis cifras que ${from} le dio por teléfono o mensaje de texto.`,
  code: 'Código',
  show: 'Ver los documentos',
  noCode: (from, phone) => `¿No tiene código? Llame a ${from} al ${phone}: se lo pueden leer.`,
  yourAnswer: (from) => `Su respuesta a ${from}`,
  youSaid: (what) => `Usted respondió: ${what}. Puede cambiarlo.`,
  incomplete: 'Indique por qué no lo acepta, qué necesita saber o el día de la cita.',
  received: 'Lo hemos recibido',
  accepted: 'Aceptamos al paciente',
  scheduled: 'El paciente tiene cita el día indicado abajo',
  information: 'Necesitamos más información (indique cuál)',
  declined: 'No podemos aceptarlo (indique por qué)',
  day: 'Día de la cita',
  reason: 'Qué necesita saber, o por qué no lo acepta',
  send: 'Enviar la respuesta',
  save: (size) => `Guardar el archivo (${size})`,
  page: (number) => `página ${number}`,
  thanks: 'Gracias',
  recorded: 'Su respuesta quedó registrada. Puede cerrar esta página.',
};

export type Words = typeof en;

export const words: Readonly<Record<Language, Words>> = { en, es };

/** What was asked for, else what the browser prefers, else English. */
export function languageOf(asked: string | undefined, accepts: string | undefined): Language {
  if (asked === 'es' || asked === 'en') return asked;
  return /^\s*es\b/i.test(accepts ?? '') ? 'es' : 'en';
}

export const kinds: readonly Answer['kind'][] = ['received', 'accepted', 'scheduled', 'information', 'declined'];
