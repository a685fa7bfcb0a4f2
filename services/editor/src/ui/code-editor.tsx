/** A field for JSON or an expression; CodeMirror is fetched when the first one is shown. */

import { lazy, Suspense, use } from "react";
import type { Completions } from "../graph/completions";
import classes from "./code-editor.module.css";
import { ReadOnly } from "./read-only";

export interface CodeEditorProps {
  value: string;
  onChange?: (value: string) => void;
  language: "json" | "expression" | "yaml" | "javascript" | "python";
  label: string;
  isInvalid?: boolean;
  minHeight?: number;
  maxHeight?: number;
  /** What is offered while typing, such as the fields of the items. */
  completions?: Completions;
  /** Shown while it is empty. */
  placeholder?: string;
  /** Whether lines are numbered. */
  isNumbered?: boolean;
  /** The line that something is wrong with, from 1. */
  faultyLine?: number | null;
}

const CodeMirror = lazy(async () => ({ default: (await import("./code-mirror")).CodeMirror }));

export function CodeEditor({ onChange, ...props }: CodeEditorProps) {
  const { minHeight = 36 } = props;
  const isReadOnly = use(ReadOnly);
  return (
    <div className={classes.root} data-invalid={props.isInvalid || undefined}>
      <Suspense
        fallback={
          <pre className={classes.waiting} style={{ minHeight }}>
            {props.value}
          </pre>
        }
      >
        <CodeMirror {...props} {...(onChange && !isReadOnly ? { onChange } : {})} />
      </Suspense>
    </div>
  );
}
