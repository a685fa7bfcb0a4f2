/** The English texts around what is drawn and not published. */

export const draft = {
  state: {
    none: "Saved",
    saving: "Saving…",
    kept: "Draft saved",
    conflict: "Conflict",
    failed: "Not saved",
  },
  hint: {
    none: "Everything is published.",
    saving: "What you draw is being kept as a draft.",
    kept: "Kept as a draft; Save makes it the next version.",
    conflict: "Somebody else changed this workflow meanwhile. Click to decide. ({{error}})",
    failed: "The draft could not be kept; click to try again. ({{error}})",
  },
  found: "Your draft ({{when}}) is not published yet.",
  foundTheirs: "This draft of somebody else ({{when}}) is not published yet.",
  discard: "Discard the draft",
  discardTitle: "Discard the draft?",
  discardText: "The canvas goes back to what is published. What was drawn since is gone.",
  conflictTitle: "Somebody else drew here",
  conflictText:
    "The draft of this workflow was changed, or published, since you read it. Yours is only in this window.",
  mine: "Keep mine",
  mineHint: "Takes the place of their draft. What they published stays in the history.",
};
