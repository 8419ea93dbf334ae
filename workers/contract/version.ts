/** The build both ends of every channel belong to; they compare it before they trust each other's messages. */
declare const __RILL_BUILD__: string;

export const BUILD_VERSION: string = typeof __RILL_BUILD__ === 'string' ? __RILL_BUILD__ : 'dev';
