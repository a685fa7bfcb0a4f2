/** The English texts around code and what it writes. */

export const code = {
  enlarge: "Enlarge",
  logs: "Log",
  logsHint: "What the code wrote by console.log or print.",
};
