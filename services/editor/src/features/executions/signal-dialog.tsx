/** Send the signal that a node run waits for, with its data. */

import { Button, Group, Modal, Stack } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useExecutionAction } from "../../api/queries";
import { readObject } from "../../graph/run-input";
import { JsonField } from "../../ui/json-field";
import { tell, tellProblem } from "../../ui/tell";

interface Props {
  project: string;
  execution: string;
  node: string;
  signal: string;
  onClose: () => void;
}

export function SignalDialog({ project, execution, node, signal, onClose }: Props) {
  const { t } = useTranslation();
  const act = useExecutionAction(project);
  const [text, setText] = useState("");
  const payload = readObject(text);
  const send = () => {
    if (!payload) return;
    act.mutate(
      { id: execution, action: "signal", body: { name: signal, payload } },
      {
        onSuccess: () => {
          tell(t("executions.signalled", { signal }));
          onClose();
        },
        onError: tellProblem,
      },
    );
  };
  return (
    <Modal opened onClose={onClose} title={t("executions.signalTitle", { signal })} size="lg">
      <Stack>
        <JsonField
          label={t("executions.signalData")}
          hint={t("executions.signalHint", { node })}
          value={text}
          fault={payload ? null : t("executions.signalInvalid")}
          onChange={setText}
        />
        <Group justify="flex-end">
          <Button
            leftSection={<IconSend size={16} />}
            disabled={!payload}
            loading={act.isPending}
            onClick={send}
          >
            {t("executions.signal")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
