/** A file with more pages is no referral: it is refused before any page is drawn. */
export const maxPages = 300;

/** More dots than any printed page has: A3 at 600 dpi is 70 million. */
export const maxPixels = 100_000_000;
