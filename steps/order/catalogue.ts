/** Products of the sample shop, with price (euro cents), weight (grams) and quantity in stock. */
export const CATALOGUE: Readonly<
  Record<string, { name: string; unitCents: number; weightGrams: number; inStock: number }>
> = {
  'TEA-EARL-GREY': { name: 'Earl Grey, 100 g', unitCents: 790, weightGrams: 130, inStock: 60 },
  'TEA-SENCHA': { name: 'Sencha, 100 g', unitCents: 1_250, weightGrams: 130, inStock: 25 },
  'MUG-BLUE': { name: 'Mug, blue', unitCents: 1_495, weightGrams: 380, inStock: 12 },
  'KETTLE-1L': { name: 'Kettle, 1 l', unitCents: 4_900, weightGrams: 1_150, inStock: 3 },
};
