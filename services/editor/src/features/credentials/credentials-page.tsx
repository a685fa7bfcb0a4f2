/** The credentials of a project: their names and types, never their secrets. */

import { IconKey } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { credentials, useDeleteCredential } from "../../api/credentials";
import type { Credential } from "../../api/types";
import { formatAgo } from "../../i18n/format";
import { NamedPage } from "../named/named-page";
import { CredentialForm } from "./credential-form";

function cells({ type, allowedDomains, allowedNodeTypes, updatedAt, createdAt }: Credential) {
  return (
    <>
      <td>{type}</td>
      <td>{[...allowedDomains, ...allowedNodeTypes].join(", ")}</td>
      <td>{formatAgo(updatedAt ?? createdAt)}</td>
    </>
  );
}

export function CredentialsPage() {
  const { t } = useTranslation();
  const { project = "default" } = useParams();
  const look = {
    kind: "credentials" as const,
    project,
    icon: <IconKey size={28} />,
    heads: [t("credentials.type"), t("credentials.limits"), t("credentials.changed")],
    cells,
    useDelete: useDeleteCredential,
  };
  return <NamedPage look={look} list={useQuery(credentials(project))} Form={CredentialForm} />;
}
