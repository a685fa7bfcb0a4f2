/** Languages: English is built in, others are fetched when chosen. */

import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en, type Texts } from "./en";

export const LANGUAGES = { en: "English", id: "Bahasa Indonesia" } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = "alur-language";

const loaders: Record<Exclude<Language, "en">, () => Promise<Texts>> = {
  id: async () => (await import("./id")).id,
};

const isLanguage = (value: string | null | undefined): value is Language =>
  value !== null && value !== undefined && value in LANGUAGES;

/** The language that was chosen here, else the browser's, else English. */
function preferredLanguage(): Language {
  const chosen = localStorage.getItem(KEY);
  if (isLanguage(chosen)) return chosen;
  const spoken = navigator.languages.map((tag) => tag.split("-")[0]).find(isLanguage);
  return spoken ?? "en";
}

async function changeLanguage(language: Language): Promise<void> {
  if (language !== "en" && !i18next.hasResourceBundle(language, "translation")) {
    i18next.addResourceBundle(language, "translation", await loaders[language]());
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEY, language);
  await changeLanguage(language);
}

export async function startTranslation(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: "en",
    fallbackLng: "en",
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
  });
  await changeLanguage(preferredLanguage());
}
