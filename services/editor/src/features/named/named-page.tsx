/** A page of what a project has by name: a table of all, a form for a new one or a change, a question before one is deleted. */

import { ActionIcon, Button, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { type ComponentType, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/queries";
import { Confirm } from "../../ui/confirm";
import { EmptyState } from "../../ui/empty-state";
import { Failed } from "../../ui/failed";
import { Guarded } from "../../ui/guarded";
import { Page } from "../../ui/page";
import { tellProblem } from "../../ui/tell";
import classes from "../executions/executions-page.module.css";

interface Deletion {
  mutate: (name: string, options: { onError: typeof tellProblem }) => void;
}

interface Look<Thing> {
  /** What they are called in the texts and in the rights. */
  kind: "credentials" | "variables";
  project: string;
  icon: ReactNode;
  /** The heads of the columns between the name and what can be done, and a row's cells below them. */
  heads: readonly string[];
  cells: (thing: Thing) => ReactNode;
  useDelete: (project: string) => Deletion;
}

interface RowProps<Thing> {
  look: Look<Thing>;
  thing: Thing;
  onChange: () => void;
}

function Row<Thing extends { name: string }>({ look, thing, onChange }: RowProps<Thing>) {
  const { t } = useTranslation();
  const { kind } = look;
  const { name } = thing;
  const drop = look.useDelete(look.project);
  const [isDeleting, deleting] = useDisclosure(false);
  const mayWrite = useMay(`${kind}:write`);
  const mayDelete = useMay(`${kind}:delete`);
  return (
    <tr>
      <td>
        <b>{name}</b>
      </td>
      {look.cells(thing)}
      <td align="right">
        <ActionIcon
          aria-label={`${t(`${kind}.change`)} ${name}`}
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
          title={t(`${kind}.deleteTitle`, { name })}
          text={t(`${kind}.deleteText`, { name })}
          action={t("app.delete")}
          onConfirm={() => drop.mutate(name, { onError: tellProblem })}
          onClose={deleting.close}
        />
      </td>
    </tr>
  );
}

interface ListProps<Thing> {
  look: Look<Thing>;
  list: UseQueryResult<Thing[]>;
  onEdit: (name: string) => void;
}

function List<Thing extends { name: string }>({ look, list, onEdit }: ListProps<Thing>) {
  const { t } = useTranslation();
  const { kind } = look;
  const { data, error, refetch } = list;
  if (error) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!data) return null;
  if (data.length === 0) {
    return (
      <EmptyState icon={look.icon}>
        <Title order={2} size="h4">
          {t(`${kind}.emptyTitle`)}
        </Title>
        <Text size="sm" c="dimmed">
          {t(`${kind}.empty`)}
        </Text>
      </EmptyState>
    );
  }
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          {[t(`${kind}.name`), ...look.heads].map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
          <th aria-label={t(`${kind}.actions`)} />
        </tr>
      </thead>
      <tbody>
        {data.map((thing) => (
          <Row key={thing.name} look={look} thing={thing} onChange={() => onEdit(thing.name)} />
        ))}
      </tbody>
    </table>
  );
}

interface FormProps {
  project: string;
  name: string | null;
  onClose: () => void;
}

interface Props<Thing> {
  look: Look<Thing>;
  list: UseQueryResult<Thing[]>;
  Form: ComponentType<FormProps>;
}

export function NamedPage<Thing extends { name: string }>({ look, list, Form }: Props<Thing>) {
  const { t } = useTranslation();
  const { kind, project } = look;
  const [edited, setEdited] = useState<{ name: string | null } | null>(null);
  return (
    <Page
      title={t(`${kind}.title`)}
      lead={t(`${kind}.lead`)}
      actions={
        <Guarded right={`${kind}:write`}>
          {(isRefused) => (
            <Button
              leftSection={<IconPlus size={16} />}
              disabled={isRefused}
              onClick={() => setEdited({ name: null })}
            >
              {t(`${kind}.new`)}
            </Button>
          )}
        </Guarded>
      }
    >
      <div className={classes.card}>
        <List look={look} list={list} onEdit={(name) => setEdited({ name })} />
      </div>
      {edited && <Form project={project} name={edited.name} onClose={() => setEdited(null)} />}
    </Page>
  );
}
