/** The one language the page speaks; every `Intl` formatter uses it, so numbers and words agree. */
export const LOCALE = 'en';
