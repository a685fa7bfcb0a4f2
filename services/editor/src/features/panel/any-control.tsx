/** A value of any kind: as JSON, and what is none is a text. */

import { Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Json } from "../../graph/document";
import { CodeEditor } from "../../ui/code-editor";

interface Props {
  label: string;
  value: Json | undefined;
  isInvalid: boolean;
  onChange: (value: Json | undefined) => void;
}

/** Whether somebody who writes this means JSON: an object, a list or a text in quotes. */
const LOOKS_LIKE_JSON = /^\s*[{["]/;

/** Read what was typed: JSON, and what is none is a text. */
export function readAny(text: string): Json | undefined {
  if (text.trim() === "") return undefined;
  try {
    const value = JSON.parse(text) as Json;
    // A number loses its last digits where it is larger; as a text it keeps them.
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? text : value;
  } catch {
    return text;
  }
}

export function writeAny(value: Json | undefined): string {
  if (value === undefined || value === "") return "";
  if (typeof value === "string" && value.trim() === value && readAny(value) === value) return value;
  return JSON.stringify(value, null, 2);
}

/** Why this text, which looks like JSON, is none; empty if it is JSON, or meant as a text or an expression. */
function findFault(text: string): string {
  if (!LOOKS_LIKE_JSON.test(text) || text.includes("{{")) return "";
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

export function AnyControl({ label, value, isInvalid, onChange }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => writeAny(value));
  const fault = findFault(text);
  const own = useRef(value);
  useEffect(() => {
    // Undo and the like change the value from outside; own typing must keep its spaces.
    if (writeAny(own.current) === writeAny(value)) return;
    own.current = value;
    setText(writeAny(value));
  }, [value]);
  const edit = (next: string) => {
    setText(next);
    own.current = readAny(next);
    onChange(own.current);
  };
  return (
    <>
      <CodeEditor
        language="json"
        label={label}
        value={text}
        isInvalid={isInvalid || fault !== ""}
        onChange={edit}
      />
      {fault && (
        <Text size="xs" c="var(--alur-bad)" mt={4}>
          {t("panel.keptAsText", { reason: fault })}
        </Text>
      )}
    </>
  );
}
