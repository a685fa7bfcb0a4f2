/** Say what became of a node run in doubt. */

import { Button, Group, Modal, Radio, Select, Stack } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useExecutionAction } from "../../api/queries";
import type { Doubt, Resolution } from "../../api/types";
import { readInput } from "../../graph/run-input";
import { JsonField } from "../../ui/json-field";
import { tell, tellProblem } from "../../ui/tell";

interface Props {
  project: string;
  execution: string;
  doubt: Doubt;
  onClose: () => void;
}

type Outcome = Resolution["outcome"];

const OUTCOMES = [
  { value: "done", label: "outcomeDone", hint: "outcomeDoneHint" },
  { value: "not-done", label: "outcomeNotDone", hint: "outcomeNotDoneHint" },
  { value: "fail", label: "outcomeFail", hint: "outcomeFailHint" },
] as const;

interface Answer {
  outcome: Outcome | null;
  item: number | null;
  text: string;
}

/** What is wrong with what was emitted: one item of several has no other outcome that could stand for it. */
function faultOf({ outcome, item, text }: Answer): "resultInvalid" | "resultMissing" | null {
  if (outcome !== "done") return null;
  if (item !== null && text.trim() === "") return "resultMissing";
  return readInput(text) ? null : "resultInvalid";
}

/** The body of the call, or null while something is missing. */
export function resolutionOf({ node, path }: Doubt, answer: Answer): Resolution | null {
  const { outcome, item, text } = answer;
  if (outcome === null || faultOf(answer)) return null;
  if (outcome !== "done") return { node, path, outcome };
  const output = text.trim() === "" ? null : readInput(text);
  return { node, path, outcome, ...(item !== null && { item }), ...(output && { output }) };
}

interface EmittedProps {
  items: readonly number[];
  answer: Answer;
  onChange: (part: Partial<Answer>) => void;
}

/** For which item, and what it came to. */
function Emitted({ items, answer, onChange }: EmittedProps) {
  const { t } = useTranslation();
  const fault = faultOf(answer);
  return (
    <>
      {items.length > 1 && (
        <Select
          label={t("executions.whichItem")}
          placeholder={t("executions.allItems")}
          data={items.map((item) => ({
            value: String(item),
            label: t("executions.oneItem", { number: item + 1 }),
          }))}
          value={answer.item === null ? null : String(answer.item)}
          clearable
          onChange={(item) => onChange({ item: item === null ? null : Number(item) })}
        />
      )}
      <JsonField
        label={t("executions.result")}
        hint={t(answer.item === null ? "executions.resultHint" : "executions.resultHintItem")}
        value={answer.text}
        fault={fault && t(`executions.${fault}`)}
        onChange={(text) => onChange({ text })}
      />
    </>
  );
}

export function ResolveDialog({ project, execution, doubt, onClose }: Props) {
  const { t } = useTranslation();
  const act = useExecutionAction(project);
  const [answer, setAnswer] = useState<Answer>({ outcome: null, item: null, text: "" });
  const change = (part: Partial<Answer>) => setAnswer((before) => ({ ...before, ...part }));
  const body = resolutionOf(doubt, answer);
  const { node } = doubt;
  const send = () => {
    if (!body) return;
    act.mutate(
      { id: execution, action: "resolve", body },
      {
        onSuccess: () => {
          tell(t("executions.resolved", { node }));
          onClose();
        },
        onError: tellProblem,
      },
    );
  };
  return (
    <Modal opened onClose={onClose} title={t("executions.decideTitle", { node })} size="lg">
      <Stack>
        <Radio.Group
          label={t("executions.outcome")}
          value={answer.outcome}
          onChange={(outcome) => change({ outcome: outcome as Outcome })}
        >
          <Stack gap="xs" mt="xs">
            {OUTCOMES.map(({ value, label, hint }) => (
              <Radio
                key={value}
                value={value}
                label={t(`executions.${label}`)}
                description={t(`executions.${hint}`)}
              />
            ))}
          </Stack>
        </Radio.Group>
        {answer.outcome === "done" && (
          <Emitted items={doubt.items} answer={answer} onChange={change} />
        )}
        <Group justify="flex-end">
          <Button disabled={!body} loading={act.isPending} onClick={send}>
            {t("executions.decide")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
