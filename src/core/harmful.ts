/** What no referral needs and what does harm where it is opened, in plain words; null: no sign of it. This knows a few
 *  kinds by their look and is no virus scanner. */
export function harmful(bytes: Uint8Array): string | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = file.toString('latin1', 0, 128);
  if (/^(\x7fELF|#!|\xca\xfe\xba\xbe|[\xce\xcf]\xfa\xed\xfe|L\0\0\0\x01\x14\x02\0)/.test(head))
    return 'it is a program';
  // A letter may begin with these two letters too.
  if (head.startsWith('MZ') && head.includes('\0')) return 'it is a program';
  if (head.startsWith(scannerTest)) return 'it is the test file of virus scanners';
  const office = head.startsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1') && file.includes('_VBA_PROJECT', 0, 'utf16le');
  const zipped = head.startsWith('PK\x03\x04') && file.includes('vbaProject.bin');
  return office || zipped ? 'it is an office document with macros' : null;
}

/** The beginning of the EICAR test file, in two pieces: in one, scanners would take this file away. */
const scannerTest = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}', '$EICAR-STANDARD-ANTIVIRUS'].join('');
