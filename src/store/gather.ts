/** Small writes of many, in one: what is asked while the one before is on its way goes with the next, in order.
 *  For writes that stand alone and may be repeated, since one that fails takes the others with it; each asker gets the
 *  answer for all, and finds its own. */
export function gathered<Item, Answer>(
  write: (items: readonly Item[]) => Promise<Answer>,
  most = 64,
): (item: Item) => Promise<Answer> {
  let next: { readonly items: Item[]; readonly answer: Promise<Answer> } | null = null;
  let last: Promise<unknown> = Promise.resolve();

  function open(): NonNullable<typeof next> {
    const items: Item[] = [];
    const answer = last.then(() => {
      if (next?.items === items) next = null;
      return write(items);
    });
    last = answer.catch(() => undefined);
    return { items, answer };
  }

  return (item) => {
    if (!next || next.items.length === most) next = open();
    next.items.push(item);
    return next.answer;
  };
}
