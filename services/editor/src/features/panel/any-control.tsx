/** A value of any kind: as JSON, where a bare word is a text. */

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

const BARE = /^[^[\]{}":,]*$/;

/** Read what was typed: JSON, or a text if it looks like none. Raises `SyntaxError`. */
export function readAny(text: string): Json | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  try {
    return JSON.parse(trimmed) as Json;
  } catch (error) {
    if (BARE.test(trimmed) || trimmed.includes("{{")) return text;
    throw error;
  }
}

export function writeAny(value: Json | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "string" && BARE.test(value) && !isLiteral(value)) return value;
  return JSON.stringify(value, null, 2);
}

/** Whether the bare text would be read back as something else, such as `12` or `true`. */
function isLiteral(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return text.trim() === "" || text.trim() !== text;
  }
}

const isSame = (left: Json | undefined, right: Json | undefined): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

export function AnyControl({ label, value, isInvalid, onChange }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => writeAny(value));
  const [fault, setFault] = useState("");
  const own = useRef(value);
  useEffect(() => {
    // Undo and the like change the value from outside; own typing must keep its spaces.
    if (isSame(own.current, value)) return;
    own.current = value;
    setText(writeAny(value));
    setFault("");
  }, [value]);
  const edit = (next: string) => {
    setText(next);
    try {
      const read = readAny(next);
      setFault("");
      own.current = read;
      onChange(read);
    } catch (error) {
      setFault(t("panel.badJson", { reason: (error as Error).message }));
    }
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
          {fault}
        </Text>
      )}
    </>
  );
}
