import { Badge, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { NodeType } from "../../graph/node-type";
import { CodeEditor } from "../../ui/code-editor";
import { Prose } from "../../ui/prose";
import classes from "./panel.module.css";

const EFFECTS = {
  pure: "panel.effectPure",
  read: "panel.effectRead",
  write: "panel.effectWrite",
} as const;

/** The type's documentation: a line break within a paragraph is only how the source was wrapped. */
function Docs({ text }: { text: string }) {
  return (
    <div className={classes.docs}>
      <Prose text={text.replace(/([^\n])\n(?!\n)/g, "$1 ")} />
    </div>
  );
}

/** What the node type is for, from its own documentation. */
export function About({ type }: { type: NodeType | undefined }) {
  const { t } = useTranslation();
  if (!type) return <Text c="dimmed">{t("panel.noDescription")}</Text>;
  const example = type.example && Object.keys(type.example).length > 0 ? type.example : null;
  return (
    <Stack>
      <Docs text={type.docs || type.description || t("panel.noDescription")} />
      <Text size="sm" c="dimmed">
        {t(EFFECTS[type.effect])}
      </Text>
      {type.outputs.length > 0 && (
        <Group gap={6}>
          <Text size="sm" fw={600}>
            {t("panel.ports")}
          </Text>
          {type.outputs.map((port) => (
            <Badge key={port} variant="default" tt="none" fw={500}>
              {port}
            </Badge>
          ))}
        </Group>
      )}
      {example && (
        <div>
          <Text size="sm" fw={600} mb={4}>
            {t("panel.example")}
          </Text>
          <CodeEditor
            language="json"
            label={t("panel.example")}
            value={JSON.stringify(example, null, 2)}
          />
        </div>
      )}
    </Stack>
  );
}
