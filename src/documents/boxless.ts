import type { BoxSeen } from './boxes.ts';
import type { Raster } from './raster.ts';

/** The page without its boxes: an engine reads them as letters. */
export function without(raster: Raster, boxes: readonly BoxSeen[]): Raster {
  const { width, height } = raster;
  const data = raster.data.slice();
  for (const box of boxes) {
    const from = Math.max(0, Math.floor(box.x * width) - 4);
    const to = Math.min(width, Math.ceil((box.x + box.width) * width) + 4);
    const bottom = Math.min(height, Math.ceil((box.y + box.height) * height) + 4);
    for (let y = Math.max(0, Math.floor(box.y * height) - 4); y < bottom; y++)
      data.fill(255, y * width + from, y * width + to);
  }
  return { ...raster, data };
}
