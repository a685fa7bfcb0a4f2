/** CodeMirror in our colours. Loaded by `code-editor.tsx` only. */

import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import {
  bracketMatching,
  HighlightStyle,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import {
  Compartment,
  EditorState,
  type Extension,
  StateEffect,
  StateField,
} from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  placeholder as placeholderText,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { type Completions, NO_COMPLETIONS } from "../graph/completions";
import type { CodeEditorProps } from "./code-editor";

const look = EditorView.theme({
  "&": { color: "var(--alur-text)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": {
    fontFamily: "var(--alur-font-mono)",
    padding: "8px 4px",
    caretColor: "var(--alur-accent)",
  },
  ".cm-gutters": {
    border: "none",
    color: "var(--alur-text-2)",
    backgroundColor: "transparent",
    fontFamily: "var(--alur-font-mono)",
  },
  ".cm-faulty": {
    backgroundColor: "color-mix(in srgb, var(--alur-bad) 7%, transparent)",
    boxShadow: "inset 3px 0 0 var(--alur-bad)",
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

/** A path such as `$json.a`, or one that begins with a node's name: `$("large only").item`. */
const WORD = /(?:(?:\$|\$node|_node)\("[^"\n]*"\)[\w.()[\]"]*|[$\w.]+)$/;
const MEMBER = /\.\w*$/;

/** The name of a node that is being written: `$("ord`. */
const NODE = /(?:\$|\$node|_node)\((["'])([^"'\n]*)$/;

function complete({ words }: Completions, context: CompletionContext): CompletionResult | null {
  const before = context.matchBefore(WORD);
  // What begins with a dot goes on after a bracket: it is no word.
  if (before ? before.text.startsWith(".") : !context.explicit) return null;
  return {
    from: before?.from ?? context.pos,
    options: words.map((label) => ({ label, type: "variable" })),
    validFor: /^[$\w.()[\]" ]*$/,
  };
}

function completeMember(
  { membersAfter }: Completions,
  context: CompletionContext,
): CompletionResult | null {
  const before = context.matchBefore(MEMBER);
  if (!before) return null;
  const members = membersAfter(context.state.sliceDoc(0, before.from));
  return {
    from: before.from + 1,
    // Fields that are known come before what any value has.
    options: members.map(({ name, isMethod }) =>
      isMethod
        ? { label: name, type: "method", boost: -50, apply: `${name}(` }
        : { label: name, type: "property", boost: -40 },
    ),
    validFor: /^\w*$/,
  };
}

function completeNode({ nodes }: Completions, context: CompletionContext): CompletionResult | null {
  const before = context.matchBefore(NODE);
  if (!before) return null;
  const written = NODE.exec(before.text)?.[2] ?? "";
  return {
    from: context.pos - written.length,
    options: nodes.map((label) => ({ label, type: "constant" })),
    validFor: /^[^"'\n]*$/,
  };
}

const LANGUAGES: Record<CodeEditorProps["language"], () => Extension | Promise<Extension>> = {
  json,
  expression: () => javascript(),
  javascript: () => javascript(),
  // Few need it: it is fetched with the first Python code.
  python: async () => (await import("@codemirror/lang-python")).python(),
  yaml: () => [],
};

/** Put a language in place, at once or once it is fetched. */
function setLanguage(editor: EditorView, slot: Compartment, language: CodeEditorProps["language"]) {
  const put = (extension: Extension) =>
    editor.dispatch({
      effects: slot.reconfigure([extension, indentUnit.of(INDENT[language] ?? "  ")]),
    });
  const found = LANGUAGES[language]();
  if (found instanceof Promise) void found.then(put);
  else put(found);
}

const INDENT: Partial<Record<CodeEditorProps["language"], string>> = { python: "    " };

const setFault = StateEffect.define<number | null>();
const FAULTY = Decoration.line({ class: "cm-faulty" });

function decorated(state: EditorState, line: number | null): DecorationSet {
  if (line === null || line < 1 || line > state.doc.lines) return Decoration.none;
  return Decoration.set([FAULTY.range(state.doc.line(line).from)]);
}

const faults = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (before, transaction) => {
    const effect = transaction.effects.find((one) => one.is(setFault));
    if (effect) return decorated(transaction.state, effect.value);
    return transaction.docChanged ? before.map(transaction.changes) : before;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export function CodeMirror(props: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { language, label, value, isNumbered = false, faultyLine = null, placeholder = "" } = props;
  const isReadOnly = props.onChange === undefined;

  useEffect(() => {
    if (!host.current) return;
    const { minHeight = 36, maxHeight = 320 } = latest.current;
    const slot = new Compartment();
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          history(),
          highlightSpecialChars(),
          bracketMatching(),
          closeBrackets(),
          slot.of([]),
          isNumbered ? lineNumbers() : [],
          placeholder ? placeholderText(placeholder) : [],
          faults,
          autocompletion({
            override: [complete, completeMember, completeNode].map(
              (offer) => (context: CompletionContext) =>
                offer(latest.current.completions ?? NO_COMPLETIONS, context),
            ),
            icons: false,
          }),
          // Tab stays what it is on a page: a form of such fields must not trap the keyboard.
          // Mod-Enter is the page's, which runs the workflow; here it would begin a line.
          keymap.of([
            ...defaultKeymap.filter((binding) => binding.key !== "Mod-Enter"),
            ...historyKeymap,
          ]),
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
    setLanguage(editor, slot, language);
    return () => editor.destroy();
  }, [language, label, isReadOnly, isNumbered, placeholder]);

  useEffect(() => {
    const editor = view.current;
    const shown = editor?.state.doc.toString();
    if (!editor || shown === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new text or a new editor has no mark yet
  useEffect(() => {
    view.current?.dispatch({ effects: setFault.of(faultyLine) });
  }, [faultyLine, value, language, label, isReadOnly, isNumbered, placeholder]);

  return <div ref={host} />;
}
