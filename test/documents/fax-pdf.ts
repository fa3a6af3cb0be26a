import { drawObject, PDFDocument, PDFName, popGraphicsState, pushGraphicsState, scale } from 'pdf-lib';

/** A page coded as G4 in a PDF, as fax companies wrap it. */
export async function faxInPdf(strip: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  const image = pdf.context.stream(strip, {
    ...{ Type: 'XObject', Subtype: 'Image', Width: width, Height: height, ColorSpace: 'DeviceGray' },
    ...{ BitsPerComponent: 1, Filter: 'CCITTFaxDecode', DecodeParms: { K: -1, Columns: width, Rows: height } },
  });
  const page = pdf.addPage([612, 792]);
  page.node.setXObject(PDFName.of('Fax'), pdf.context.register(image));
  page.pushOperators(pushGraphicsState(), scale(612, 792), drawObject('Fax'), popGraphicsState());
  return pdf.save();
}
