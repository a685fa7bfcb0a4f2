/** The document as text: what a file, kubectl and the API carry. */

import { Button, CopyButton, Group, Modal, SegmentedControl, Text } from "@mantine/core";
import { IconCheck, IconCopy, IconDownload } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { stringify } from "yaml";
import { exportable } from "../../graph/document";
import { toDocument } from "../../graph/graph";
import { CodeEditor } from "../../ui/code-editor";
import { useEditor, useView, useWorkbench } from "./context";

type Format = "yaml" | "json";

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

function Source() {
  const { t } = useTranslation();
  const graph = useEditor((state) => state.graph);
  const [format, setFormat] = useState<Format>("yaml");
  const text = useMemo(() => {
    const document = exportable(toDocument(graph));
    return format === "yaml" ? stringify(document) : `${JSON.stringify(document, null, 2)}\n`;
  }, [graph, format]);
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        {t("source.hint")}
      </Text>
      <Group justify="space-between" mb="sm">
        <SegmentedControl
          size="xs"
          aria-label={t("source.format")}
          data={[
            { value: "yaml", label: t("source.yaml") },
            { value: "json", label: t("source.json") },
          ]}
          value={format}
          onChange={(value) => setFormat(value as Format)}
        />
        <Group gap="xs">
          <CopyButton value={text}>
            {({ copied, copy }) => (
              <Button
                size="xs"
                variant="default"
                leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
                onClick={copy}
              >
                {copied ? t("app.copied") : t("app.copy")}
              </Button>
            )}
          </CopyButton>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconDownload size={14} />}
            onClick={() => download(`${graph.metadata.name}.${format}`, text)}
          >
            {t("source.download")}
          </Button>
        </Group>
      </Group>
      <CodeEditor
        language={format === "json" ? "json" : "yaml"}
        label={t("source.title")}
        value={text}
        minHeight={320}
        maxHeight={520}
      />
    </>
  );
}

export function SourceDialog() {
  const { t } = useTranslation();
  const { view } = useWorkbench();
  const isOpen = useView((state) => state.dialog === "source");
  return (
    <Modal
      opened={isOpen}
      onClose={() => view.getState().set({ dialog: null })}
      title={t("source.title")}
      size="xl"
    >
      <Source />
    </Modal>
  );
}
