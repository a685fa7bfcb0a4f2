/** The field for an expression, with its result on the example item below it. */

import { Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { evaluate } from "../../api/queries";
import type { Json } from "../../graph/document";
import { CodeEditor } from "../../ui/code-editor";
import classes from "./panel.module.css";
import { usePanel } from "./panel-context";

const PAUSE = 350;
const SHOWN = 400;

interface Props {
  value: string;
  label: string;
  isInvalid: boolean;
  onChange: (value: string) => void;
}

const shown = (value: Json | undefined): string =>
  (typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined")).slice(0, SHOWN);

function Preview({ text }: { text: string }) {
  const { t } = useTranslation();
  const { sample } = usePanel();
  const [settled] = useDebouncedValue(text, PAUSE);
  const { data, error } = useQuery({
    queryKey: ["evaluate", settled, sample],
    queryFn: () => evaluate({ expression: settled, json: sample ?? {} }),
    enabled: sample !== null && settled.includes("{{"),
    retry: false,
    gcTime: 10_000,
  });
  if (!sample) return <p className={classes.previewNone}>{t("panel.previewNone")}</p>;
  if (error) return <p className={classes.previewBad}>{error.message}</p>;
  if (!data) return null;
  return (
    <p className={classes.preview}>
      <Text span size="xs" c="dimmed" mr={6}>
        {t("panel.preview")}
      </Text>
      <code>{shown(data.value)}</code>
    </p>
  );
}

export function ExpressionInput({ value, label, isInvalid, onChange }: Props) {
  const { completions } = usePanel();
  return (
    <div>
      <CodeEditor
        language="expression"
        value={value}
        label={label}
        isInvalid={isInvalid}
        completions={completions.words}
        methods={completions.methods}
        onChange={onChange}
      />
      <Preview text={value} />
    </div>
  );
}
