import { sheetToken, type SheetReading } from '../core/answer-sheet.ts';
import { picture, type Raster } from './raster.ts';
import { readCodes } from './qr.ts';
import { readBoxes } from './sheet-boxes.ts';
import { cut, dark, findSheet, type Place } from './sheet-find.ts';
import * as layout from './sheet-layout.ts';

/** Null: the page is no answer sheet. */
export async function readSheet(raster: Raster): Promise<SheetReading | null> {
  const place = findSheet(raster);
  if (!place) return null;
  const token = await tokenOn(raster, place);
  if (token === null && !place.sure) return null;
  const png = await cropped(raster, place);
  return { token, boxes: readBoxes(raster, place), crop: png };
}

const cropped = (raster: Raster, place: Place): Promise<Uint8Array> => {
  const view = cut(raster, place, layout.crop, 8);
  // Of two greys: looking for the best palette takes fifteen times as long as packing them.
  return picture({ ...view, xdpi: 203, ydpi: 203 })
    .png({ compressionLevel: 6 })
    .toBuffer();
};

/** Around a code, so that its quiet zone and what the page lost are in. */
const around = 5;
const codePerMm = 6;

/** Print and line leave specks and lost rows: of each code several clean-ups are tried, as no single one reads them all. */
async function tokenOn(raster: Raster, place: Place): Promise<string | null> {
  const views = layout.codes.map(({ left, top }) => {
    const [x, y] = [left / layout.dots.x - around, top / layout.dots.y - around];
    const dots = layout.modules * layout.moduleDots;
    const area = { x, y, width: dots / layout.dots.x + 2 * around, height: dots / layout.dots.y + 2 * around };
    return cut(raster, place, area, codePerMm);
  });
  for (const clean of cleanUps)
    for (const view of views) {
      const token = (await readCodes(clean(view), false)).find((text) => sheetToken.test(text));
      if (token !== undefined) return token;
    }
  return null;
}

type View = ReturnType<typeof cut>;

const cleanUps: readonly ((view: View) => View)[] = [
  (view) => averaged(view, 1),
  (view) => view,
  (view) => majority(averaged(view, 1)),
  (view) => majority(averaged(view, 2)),
  (view) => averaged(view, 2),
];

/** Mean over a square of 2 × `reach` + 1 dots, white beyond the edge. */
function averaged({ data, width, height }: View, reach: number): View {
  const out = new Uint8Array(data.length).fill(255);
  const area = (2 * reach + 1) ** 2;
  for (let y = reach; y < height - reach; y++)
    for (let x = reach; x < width - reach; x++) {
      let sum = 0;
      for (let dy = -reach; dy <= reach; dy++)
        for (let dx = -reach; dx <= reach; dx++) sum += data[(y + dy) * width + x + dx] as number;
      out[y * width + x] = Math.round(sum / area);
    }
  return { data: out, width, height };
}

const majority = (view: View): View => ({ ...view, data: view.data.map((value) => (value < dark ? 0 : 255)) });
