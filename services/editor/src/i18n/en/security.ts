/** The English texts of the page of security events. */

export const security = {
  title: "Security events",
  lead: "What was refused or stopped lately. The same from the same origin is one row.",
  filter: "All kinds",
  when: "When",
  kind: "What happened",
  what: "Details",
  who: "Who, from where",
  where: "Workflow and execution",
  execution: "execution …{{id}}",
  times_one: "{{count}} time since {{since}}",
  times_other: "{{count}} times since {{since}}",
  emptyTitle: "Nothing was refused",
  empty: "Stopped code, refused addresses, wrong signatures and the like appear here.",
  emptyFilter: "Nothing of this kind was refused.",
  kinds: {
    "code-stopped": "Code stopped",
    "address-refused": "Address refused",
    "credential-refused": "Credential refused",
    "proof-refused": "Webhook proof refused",
    "event-refused": "Event refused",
    "rate-limited": "Rate limit reached",
    "permission-refused": "Permission refused",
    "sign-in-refused": "Sign-in refused",
  },
};
