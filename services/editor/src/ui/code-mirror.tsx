/** CodeMirror in our colours. Loaded by `code-editor.tsx` only. */

import { autocompletion, type CompletionContext, closeBrackets } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { CodeEditorProps } from "./code-editor";

const look = EditorView.theme({
  "&": { color: "var(--alur-text)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": {
    fontFamily: "var(--alur-font-mono)",
    padding: "8px 4px",
    caretColor: "var(--alur-accent)",
  },
  ".cm-cursor": { borderLeftColor: "var(--alur-accent)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--alur-accent-soft) !important",
  },
  ".cm-tooltip": {
    border: "1px solid var(--alur-border)",
    borderRadius: "8px",
    overflow: "hidden",
    color: "var(--alur-text)",
    backgroundColor: "var(--alur-surface)",
    boxShadow: "var(--alur-shadow-lift)",
  },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    color: "var(--alur-text)",
    backgroundColor: "var(--alur-accent-soft)",
  },
});

const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.string, tags.special(tags.string)], color: "var(--alur-good)" },
    { tag: [tags.number, tags.bool, tags.null], color: "var(--alur-http)" },
    { tag: [tags.keyword, tags.operator], color: "var(--alur-flow)" },
    { tag: [tags.propertyName], color: "var(--alur-data)" },
    { tag: [tags.variableName], color: "var(--alur-code)" },
    { tag: [tags.comment], color: "var(--alur-text-2)" },
  ]),
);

const WORD = /[$\w.]+$/;

function complete(words: readonly string[]) {
  return (context: CompletionContext) => {
    const before = context.matchBefore(WORD);
    if (!before && !context.explicit) return null;
    return {
      from: before?.from ?? context.pos,
      options: words.map((label) => ({ label, type: "variable" })),
      validFor: /^[$\w.]*$/,
    };
  };
}

function languageOf(props: CodeEditorProps): Extension {
  if (props.language === "json") return json();
  return props.language === "expression" ? javascript() : [];
}

export function CodeMirror(props: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { language, label, value } = props;
  const isReadOnly = props.onChange === undefined;

  useEffect(() => {
    if (!host.current) return;
    const { minHeight = 36, maxHeight = 320 } = latest.current;
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          history(),
          bracketMatching(),
          closeBrackets(),
          languageOf({ ...latest.current, language }),
          autocompletion({
            override: [(context) => complete(latest.current.completions ?? [])(context)],
            icons: false,
          }),
          // Tab stays what it is on a page: a form of such fields must not trap the keyboard.
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.lineWrapping,
          look,
          EditorView.theme({
            ".cm-scroller": {
              minHeight: `${minHeight}px`,
              maxHeight: `${maxHeight}px`,
              overflow: "auto",
            },
          }),
          colours,
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
          EditorState.readOnly.of(isReadOnly),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [language, label, isReadOnly]);

  useEffect(() => {
    const editor = view.current;
    const shown = editor?.state.doc.toString();
    if (!editor || shown === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  return <div ref={host} />;
}
