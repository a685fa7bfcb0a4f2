/** The credentials of a project: their names and types, never their secrets. */

import { ActionIcon, Button, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconKey, IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { credentials, useDeleteCredential } from "../../api/credentials";
import { useMay } from "../../api/queries";
import type { Credential } from "../../api/types";
import { formatAgo } from "../../i18n/format";
import { Confirm } from "../../ui/confirm";
import { EmptyState } from "../../ui/empty-state";
import { Failed } from "../../ui/failed";
import { Guarded } from "../../ui/guarded";
import { Page } from "../../ui/page";
import { tellProblem } from "../../ui/tell";
import classes from "../executions/executions-page.module.css";
import { CredentialForm } from "./credential-form";

interface RowProps {
  project: string;
  credential: Credential;
  onChange: () => void;
}

function Row({ project, credential, onChange }: RowProps) {
  const { t } = useTranslation();
  const drop = useDeleteCredential(project);
  const [isDeleting, deleting] = useDisclosure(false);
  const mayWrite = useMay("credentials:write");
  const mayDelete = useMay("credentials:delete");
  const { name, type, allowedDomains, allowedNodeTypes, updatedAt, createdAt } = credential;
  return (
    <tr>
      <td>
        <b>{name}</b>
      </td>
      <td>{type}</td>
      <td>{[...allowedDomains, ...allowedNodeTypes].join(", ")}</td>
      <td>{formatAgo(updatedAt ?? createdAt)}</td>
      <td align="right">
        <ActionIcon
          aria-label={`${t("credentials.change")} ${name}`}
          disabled={!mayWrite}
          onClick={onChange}
        >
          <IconPencil size={16} />
        </ActionIcon>
        <ActionIcon
          aria-label={`${t("app.delete")} ${name}`}
          disabled={!mayDelete}
          onClick={deleting.open}
        >
          <IconTrash size={16} />
        </ActionIcon>
        <Confirm
          isOpen={isDeleting}
          title={t("credentials.deleteTitle", { name })}
          text={t("credentials.deleteText")}
          action={t("app.delete")}
          onConfirm={() => drop.mutate(name, { onError: tellProblem })}
          onClose={deleting.close}
        />
      </td>
    </tr>
  );
}

function List({ project, onEdit }: { project: string; onEdit: (credential: Credential) => void }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(credentials(project));
  if (error) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!data) return null;
  if (data.length === 0) {
    return (
      <EmptyState icon={<IconKey size={28} />}>
        <Title order={2} size="h4">
          {t("credentials.emptyTitle")}
        </Title>
        <Text size="sm" c="dimmed">
          {t("credentials.empty")}
        </Text>
      </EmptyState>
    );
  }
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">{t("credentials.name")}</th>
          <th scope="col">{t("credentials.type")}</th>
          <th scope="col">{t("credentials.limits")}</th>
          <th scope="col">{t("credentials.changed")}</th>
          <th aria-label={t("credentials.actions")} />
        </tr>
      </thead>
      <tbody>
        {data.map((credential) => (
          <Row
            key={credential.name}
            project={project}
            credential={credential}
            onChange={() => onEdit(credential)}
          />
        ))}
      </tbody>
    </table>
  );
}

export function CredentialsPage() {
  const { t } = useTranslation();
  const { project = "default" } = useParams();
  const [edited, setEdited] = useState<{ name: string | null } | null>(null);
  return (
    <Page
      title={t("credentials.title")}
      lead={t("credentials.lead")}
      actions={
        <Guarded right="credentials:write">
          {(isRefused) => (
            <Button
              leftSection={<IconPlus size={16} />}
              disabled={isRefused}
              onClick={() => setEdited({ name: null })}
            >
              {t("credentials.new")}
            </Button>
          )}
        </Guarded>
      }
    >
      <div className={classes.card}>
        <List project={project} onEdit={({ name }) => setEdited({ name })} />
      </div>
      {edited && (
        <CredentialForm project={project} name={edited.name} onClose={() => setEdited(null)} />
      )}
    </Page>
  );
}
