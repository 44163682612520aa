/** What the app defines. */
export const DEFINITIONS = ['order', 'shipping', 'pause', 'loop-and-map'];
