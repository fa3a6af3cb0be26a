import type { Answer } from '../core/link.ts';

/** What the recipients' pages say, in English and in Spanish. */

export type Language = 'en' | 'es';

const en = {
  other: 'Español',
  deadTitle: 'This link cannot be used',
  dead: 'It may have run out, too many wrong codes were tried, or a part of it is missing. Please ask the practice that sent it for a new one.',
  waitTitle: 'Too many tries',
  wait: (minutes: number) => `Please wait ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}, then try again.`,
  documentsFrom: (from: string) => `Documents from ${from}`,
  hasDocuments: (from: string) => `${from} has documents for you`,
  wrong: 'That code was not right. After five wrong codes this link stops working.',
  sixDigits: 'A code has six digits. Please type all of them.',
  enter: (from: string) => `Enter the six-digit code that ${from} gave you by phone or text message.`,
  code: 'Code',
  show: 'Show the documents',
  noCode: (from: string, phone: string) => `No code? Call ${from} at ${phone}: they can read it out to you.`,
  yourAnswer: (from: string) => `Your answer to ${from}`,
  youSaid: (what: string) => `You said: ${what}. You can change it.`,
  incomplete: 'Nothing was sent yet. Please say why you decline, what you need to know, or the day of the appointment.',
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
  report: 'We attach the report',
  attach: 'Attach your report',
  attachWhat: (size: string) =>
    `PDF, TIFF, PNG or JPEG, up to ${size} in all. On a phone you can take a picture of each page.`,
  files: 'Files',
  attachSend: 'Send the report',
  attachNone: 'Please choose a file first. Nothing was sent.',
  attachWrong: (name: string) =>
    `“${name}” cannot be taken: it is empty, damaged, or of another kind. Nothing was sent. Please choose it again as a PDF, TIFF, PNG or JPEG.`,
  attachLarge: (size: string) => `That is too large: ${size} in all is the most. Nothing was sent.`,
  attachEnough: (from: string) => `This link has brought enough reports. Nothing was sent. Please call ${from}.`,
  attachBusy: 'Another report is on its way just now. Nothing was sent. Please try again in a minute.',
  reported: 'Your report has arrived. You can close this page.',
  thanks: 'Thank you',
  back: 'Back to the documents',
  recorded: 'Your answer has been recorded. You can close this page.',
};

const es: typeof en = {
  other: 'English',
  deadTitle: 'Este enlace no se puede usar',
  dead: 'Puede haber vencido, se probaron demasiados códigos incorrectos o le falta una parte. Pida uno nuevo al consultorio que lo envió.',
  waitTitle: 'Demasiados intentos',
  wait: (minutes) => `Espere ${minutes} ${minutes === 1 ? 'minuto' : 'minutos'} y vuelva a intentarlo.`,
  documentsFrom: (from) => `Documentos de ${from}`,
  hasDocuments: (from) => `${from} tiene documentos para usted`,
  wrong: 'Ese código no es correcto. Después de cinco códigos incorrectos, este enlace deja de funcionar.',
  sixDigits: 'Un código tiene seis cifras. Escríbalas todas.',
  enter: (from) => `Escriba el código de seis cifras que ${from} le dio por teléfono o mensaje de texto.`,
  code: 'Código',
  show: 'Ver los documentos',
  noCode: (from, phone) => `¿No tiene código? Llame a ${from} al ${phone}: se lo pueden leer.`,
  yourAnswer: (from) => `Su respuesta a ${from}`,
  youSaid: (what) => `Usted respondió: ${what}. Puede cambiarlo.`,
  incomplete: 'Todavía no se envió nada. Indique por qué no lo acepta, qué necesita saber o el día de la cita.',
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
  report: 'Adjuntamos el informe',
  attach: 'Adjunte su informe',
  attachWhat: (size) =>
    `PDF, TIFF, PNG o JPEG, hasta ${size} en total. Con un teléfono puede tomar una foto de cada página.`,
  files: 'Archivos',
  attachSend: 'Enviar el informe',
  attachNone: 'Elija primero un archivo. No se envió nada.',
  attachWrong: (name) =>
    `“${name}” no se puede aceptar: está vacío, dañado o es de otro tipo. No se envió nada. Elíjalo otra vez como PDF, TIFF, PNG o JPEG.`,
  attachLarge: (size) => `Es demasiado grande: el máximo es ${size} en total. No se envió nada.`,
  attachEnough: (from) => `Por este enlace ya llegaron bastantes informes. No se envió nada. Llame a ${from}.`,
  attachBusy: 'Se está recibiendo otro informe. No se envió nada. Vuelva a intentarlo en un minuto.',
  reported: 'Su informe ha llegado. Puede cerrar esta página.',
  thanks: 'Gracias',
  back: 'Volver a los documentos',
  recorded: 'Su respuesta quedó registrada. Puede cerrar esta página.',
};

export type Words = typeof en;

export const words: Readonly<Record<Language, Words>> = { en, es };

/** What was asked for, else what the browser prefers, else English. */
export function languageOf(asked: string | undefined, accepts: string | undefined): Language {
  if (asked === 'es' || asked === 'en') return asked;
  return /^\s*es\b/i.test(accepts ?? '') ? 'es' : 'en';
}

/** What is ticked; a report has a form of its own. */
export const kinds: readonly Exclude<Answer['kind'], 'report'>[] = [
  'received',
  'accepted',
  'scheduled',
  'information',
  'declined',
];
