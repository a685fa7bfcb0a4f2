/** The code of a node: highlighted, with what can be written offered, and the line marked that failed or cannot be read. */

import { ActionIcon, Modal, Tooltip } from "@mantine/core";
import { IconArrowsDiagonal } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { faultyLineOf, unreadableLineOf } from "../../graph/code-fault";
import type { Dialect } from "../../graph/completions";
import type { Json } from "../../graph/document";
import { CodeEditor } from "../../ui/code-editor";
import { useRun } from "../canvas/context";
import classes from "./panel.module.css";
import { usePanel, useProblem } from "./panel-context";
import { useCompletions } from "./use-sample";

interface Props {
  label: string;
  path: string;
  value: Json | undefined;
  /** Shown while there is no code; it is in the language that code is in unless said otherwise. */
  example: string;
  isInvalid: boolean;
  onChange: (value: Json | undefined) => void;
}

interface InnerProps extends Props {
  node: { name: string };
}

function Code({ node, label, path, value, example, isInvalid, onChange }: InnerProps) {
  const { t } = useTranslation();
  const { params, sample } = usePanel();
  const [isLarge, setLarge] = useState(false);
  const language: Dialect = params.language === "python" ? "python" : "javascript";
  const completions = useCompletions(language, sample);
  const error = useRun(({ nodes }) => nodes.get(node.name)?.error);
  const text = typeof value === "string" ? value : "";
  const problem = useProblem(path, true);
  const faultyLine = faultyLineOf(text, error);
  const editor = (minHeight: number, maxHeight: number) => (
    <CodeEditor
      language={language}
      label={label}
      value={text}
      isInvalid={isInvalid || faultyLine !== null}
      isNumbered
      placeholder={language === "javascript" && example ? t("panel.eg", { example }) : ""}
      minHeight={minHeight}
      maxHeight={maxHeight}
      completions={completions}
      faultyLine={unreadableLineOf(text, problem) ?? faultyLine}
      onChange={(next) => onChange(next === "" ? undefined : next)}
    />
  );
  const fault = faultyLine !== null && (
    <p className={classes.fault} role="alert">
      {error?.message}
    </p>
  );
  return (
    <div className={classes.code}>
      <Tooltip label={t("code.enlarge")}>
        <ActionIcon
          className={classes.enlarge}
          size={24}
          aria-label={t("code.enlarge")}
          onClick={() => setLarge(true)}
        >
          <IconArrowsDiagonal size={15} />
        </ActionIcon>
      </Tooltip>
      {editor(180, 420)}
      {fault}
      <Modal opened={isLarge} onClose={() => setLarge(false)} title={node.name} size="90%">
        {editor(420, 640)}
        {fault}
      </Modal>
    </div>
  );
}

export function CodeControl(props: Props) {
  const { node } = usePanel();
  return node ? <Code node={node} {...props} /> : null;
}
