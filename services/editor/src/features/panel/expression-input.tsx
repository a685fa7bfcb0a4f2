/** The field for an expression, with its result on an item of the last run below it. */

import { ActionIcon, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { evaluate, useMay } from "../../api/queries";
import { valuesOf, variables } from "../../api/variables";
import type { Json } from "../../graph/document";
import { CodeEditor } from "../../ui/code-editor";
import { useEditor, useWorkbench } from "../canvas/context";
import classes from "./panel.module.css";
import { usePanel } from "./panel-context";
import type { Sample } from "./use-sample";

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

/** Only the nodes that the text names: the others' items need not travel. */
function namedIn(text: string, { upstream }: Sample): Sample["upstream"] {
  return upstream.filter(({ name }) =>
    ['"', "'", "`"].some((quote) => text.includes(`${quote}${name}${quote}`)),
  );
}

/** What the text comes to, evaluated by the server with both of its engines. */
function useResult(text: string) {
  const { project, name } = useWorkbench();
  const { sample, index } = usePanel();
  const timeZone = useEditor(({ graph }) => graph.spec.settings?.timeZone ?? "UTC");
  const [settled] = useDebouncedValue(text, PAUSE);
  const mayTry = useMay("expressions:execute");
  const hasVariables = settled.includes("$vars");
  const vars = useQuery({ ...variables(project), select: valuesOf, enabled: hasVariables });
  const named = namedIn(settled, sample);
  return useQuery({
    queryKey: ["evaluate", settled, sample.key, index, timeZone, hasVariables && vars.data],
    queryFn: () =>
      evaluate({
        expression: settled,
        items: sample.items,
        index,
        nodes: Object.fromEntries(named.map((node) => [node.name, node.items])),
        vars: vars.data ?? {},
        workflow: { name },
        timeZone,
      }),
    enabled:
      mayTry &&
      sample.items.length > 0 &&
      settled.includes("{{") &&
      !(hasVariables && vars.isLoading),
    retry: false,
    gcTime: 10_000,
    placeholderData: (before) => before,
  });
}

/** Which item the result is of, and the way to the others. */
function Which() {
  const { t } = useTranslation();
  const { sample, index, onIndex } = usePanel();
  const count = sample.items.length;
  if (count < 2) return null;
  return (
    <span className={classes.which}>
      <ActionIcon
        size={24}
        aria-label={t("preview.before")}
        disabled={index === 0}
        onClick={() => onIndex(index - 1)}
      >
        <IconChevronLeft size={14} />
      </ActionIcon>
      {t("preview.item", { number: index + 1, count })}
      <ActionIcon
        size={24}
        aria-label={t("preview.after")}
        disabled={index + 1 >= count}
        onClick={() => onIndex(index + 1)}
      >
        <IconChevronRight size={14} />
      </ActionIcon>
    </span>
  );
}

function Preview({ text }: { text: string }) {
  const { t } = useTranslation();
  const { sample } = usePanel();
  if (sample.items.length > 0) return <Result text={text} />;
  if (sample.isLoading) return null;
  return <p className={classes.previewNone}>{t("panel.previewNone")}</p>;
}

function Result({ text }: { text: string }) {
  const { t } = useTranslation();
  const { data, error } = useResult(text);
  if (error) {
    return (
      <div className={classes.previewBad}>
        {error.message} <Which />
      </div>
    );
  }
  if (!data) return null;
  return (
    <div className={classes.preview}>
      <Text span size="xs" c="dimmed" mr={6}>
        {t("panel.preview")}
      </Text>
      <code>{shown(data.value)}</code>
      <Which />
    </div>
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
        completions={completions}
        onChange={onChange}
      />
      <Preview text={value} />
    </div>
  );
}
