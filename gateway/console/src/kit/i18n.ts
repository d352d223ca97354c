import i18next from 'i18next';
import { useCallback } from 'react';
import { initReactI18next, useTranslation } from 'react-i18next';

export type Language = 'id' | 'en';
/** Indonesian, English. A text without both cannot be written down. */
export type Texts = Record<string, readonly [id: string, en: string]>;

const stored = globalThis.localStorage?.getItem('language');
void i18next.use(initReactI18next).init({
  lng: stored === 'id' || stored === 'en' ? stored : (globalThis.navigator?.language ?? 'id').startsWith('en') ? 'en' : 'id',
  fallbackLng: false,
  resources: {},
  interpolation: { escapeValue: false }, // React writes texts as texts
  react: { bindI18nStore: 'added', useSuspense: false },
  keySeparator: false,
  nsSeparator: false,
  initAsync: false,
});

export const language = () => (i18next.language === 'en' ? 'en' : 'id') as Language;

export function changeLanguage(to: Language) {
  localStorage.setItem('language', to);
  document.documentElement.lang = to;
  return i18next.changeLanguage(to);
}

globalThis.document?.documentElement.setAttribute('lang', language());

export type Translate<Key> = (key: Key, values?: Record<string, unknown>) => string;

type Plain<Key> = Key extends `${infer Base}_one` | `${infer Base}_other` ? Base : Key;
/** The keys of a feature's texts; `x_one` and `x_other` are asked for as `x` with a `count`. */
export type KeyOf<T extends Texts> = Plain<keyof T & string>;

/** Adds a feature's texts and returns the hook that reads them; both languages come with the feature, so a switch waits for nothing. */
export function defineTexts<T extends Texts>(feature: string, texts: T) {
  (['id', 'en'] as const).forEach((each, index) => {
    const bundle = Object.fromEntries(Object.entries(texts).map(([key, pair]) => [key, pair[index]]));
    i18next.addResourceBundle(each, feature, bundle, true, true);
  });
  return function useTexts() {
    const { t, i18n } = useTranslation(feature);
    const index = i18n.language === 'en' ? 1 : 0;
    return useCallback(
      // A text without values needs no interpretation; a page has hundreds of them.
      (key: KeyOf<T> | (string & {}), values?: Record<string, unknown>) => (values === undefined && texts[key]?.[index]) || (t(key, values as never) as unknown as string),
      [t, index],
    );
  };
}

export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return i18n.language === 'en' ? 'en' : 'id';
}
