/** Said of a workflow that does not run because its publisher lost a right, with the remedy beside it. */

import { Alert, Button, Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isManaged } from "../../graph/document";
import { Confirm } from "../../ui/confirm";
import { Guarded } from "../../ui/guarded";
import { useEditor, useWorkbench } from "./context";
import { isDirty } from "./editor-store";
import type { Saving } from "./use-save";

export function PermittedBar({ saving }: { saving: Saving }) {
  const { t } = useTranslation();
  const { status } = useWorkbench();
  const etag = useEditor((state) => state.etag);
  const managed = useEditor(({ graph }) => isManaged(graph.metadata));
  const [opened] = useState(etag);
  const isDrawn = useEditor(isDirty);
  const [isAsking, setAsking] = useState(false);
  const lost = status?.conditions?.find(
    (one) => one.type === "Permitted" && one.status === "False",
  );
  // Another revision has another publisher, who had all the rights just now.
  if (!lost || etag !== opened) return null;
  return (
    <Alert
      color="orange"
      variant="light"
      radius={0}
      icon={<IconLock />}
      title={t("editor.notPermitted")}
    >
      <Text size="sm" mb={managed ? 0 : "xs"}>
        {lost.message}
      </Text>
      {!managed && (
        <Guarded right="workflows:write">
          {(isRefused) => (
            <Button
              size="xs"
              variant="default"
              loading={saving.isSaving}
              disabled={isRefused}
              onClick={() => (isDrawn ? setAsking(true) : void saving.takeOver())}
            >
              {t("editor.takeOver")}
            </Button>
          )}
        </Guarded>
      )}
      <Confirm
        isOpen={isAsking}
        title={t("editor.takeOver")}
        text={t("editor.takeOverDrawn")}
        action={t("editor.takeOver")}
        onConfirm={() => void saving.takeOver()}
        onClose={() => setAsking(false)}
      />
    </Alert>
  );
}
