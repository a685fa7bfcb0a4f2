/** The English texts on characters that nobody sees. */

export const hidden = {
  found: "Characters in it that nobody sees ({{kinds}}): it is not what it looks like.",
  remove: "Remove them",
};
