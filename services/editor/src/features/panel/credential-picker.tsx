import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { credentials } from "../../api/credentials";
import { useMay } from "../../api/queries";
import { setSettings } from "../../graph/commands";
import type { GraphNode } from "../../graph/graph";
import type { CredentialSlot } from "../../graph/node-type";
import { useWorkbench } from "../canvas/context";
import classes from "./panel.module.css";

function Slot({ node, slot }: { node: GraphNode; slot: CredentialSlot }) {
  const { t } = useTranslation();
  const { project, editor, catalogue } = useWorkbench();
  const maySee = useMay("credentials:read");
  const { data } = useQuery({ ...credentials(project), enabled: maySee });
  const chosen = node.settings.credentials?.[slot.name] ?? null;
  const fitting = (data ?? []).filter(
    ({ type, allowedNodeTypes: users }) =>
      slot.types.includes(type) && (users.length === 0 || users.includes(node.type)),
  );
  const names = new Set(fitting.map(({ name }) => name));
  // A name that the list lacks, because it was deleted or is not shown to this person, stays visible.
  if (chosen) names.add(chosen);
  const choose = (name: string | null) => {
    const { [slot.name]: _, ...others } = node.settings.credentials ?? {};
    const next = name ? { ...others, [slot.name]: name } : others;
    editor.getState().apply(setSettings(node.id, { credentials: next }, catalogue));
  };
  return (
    <Select
      label={t("panel.credential", { slot: slot.name })}
      description={slot.types.join(", ")}
      placeholder={t("panel.noCredential")}
      data={[...names]}
      value={chosen}
      clearable
      onChange={choose}
    />
  );
}

/** Which credential each slot of the node uses. Only names are known here, never secrets. */
export function Credentials({ node }: { node: GraphNode }) {
  const { t } = useTranslation();
  const { project, catalogue } = useWorkbench();
  const slots = catalogue.get(node.type)?.credentials ?? [];
  if (slots.length === 0) return null;
  return (
    <div className={classes.form} style={{ marginTop: 18 }}>
      {slots.map((slot) => (
        <Slot key={slot.name} node={node} slot={slot} />
      ))}
      <Link to={`/projects/${encodeURIComponent(project)}/credentials`} className={classes.sub}>
        {t("panel.newCredential")}
      </Link>
    </div>
  );
}
