/** The definitions of the app. */
export const DEFINITIONS = ['order', 'shipping', 'pause', 'loop-and-map'];
