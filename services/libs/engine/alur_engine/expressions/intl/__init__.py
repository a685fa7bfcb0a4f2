"""`Intl`: numbers, times and words as a locale writes them, by tables of our own (`tools/locales.mjs`)."""
