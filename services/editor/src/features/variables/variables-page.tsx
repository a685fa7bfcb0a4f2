/** The variables of a project: values that expressions read as `$vars`. */

import { IconVariable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import type { Variable } from "../../api/types";
import { useDeleteVariable, variables } from "../../api/variables";
import { formatAgo } from "../../i18n/format";
import { NamedPage } from "../named/named-page";
import { VariableForm } from "./variable-form";
import own from "./variables-page.module.css";

function cells({ value, updatedAt }: Variable) {
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  return (
    <>
      <td className={own.value} title={shown.slice(0, 2_000)}>
        <code>{shown.slice(0, 200)}</code>
      </td>
      <td>{formatAgo(updatedAt)}</td>
    </>
  );
}

export function VariablesPage() {
  const { t } = useTranslation();
  const { project = "default" } = useParams();
  const look = {
    kind: "variables" as const,
    project,
    icon: <IconVariable size={28} />,
    heads: [t("variables.value"), t("variables.changed")],
    cells,
    useDelete: useDeleteVariable,
  };
  return <NamedPage look={look} list={useQuery(variables(project))} Form={VariableForm} />;
}
