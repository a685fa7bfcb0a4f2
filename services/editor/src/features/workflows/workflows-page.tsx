/** The list of a project's workflows. */

import { Button, Skeleton, Stack, Text, TextInput, Title } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { IconPlus, IconSearch, IconSitemap } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useParams, useSearchParams } from "react-router";
import { workflows } from "../../api/queries";
import type { WorkflowDocument } from "../../graph/document";
import { EmptyState } from "../../ui/empty-state";
import { Failed } from "../../ui/failed";
import { Guarded } from "../../ui/guarded";
import { MoreRows } from "../../ui/list-parts";
import { Page } from "../../ui/page";
import { CreateWorkflow } from "./create-workflow";
import { WorkflowRow } from "./workflow-row";
import classes from "./workflows-page.module.css";

function matches(document: WorkflowDocument, query: string): boolean {
  const { title = "", description = "" } = document.spec;
  const text = `${document.metadata.name} ${title} ${description}`.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function NewButton({ onClick }: { onClick: () => void }) {
  const { t } = useTranslation();
  return (
    <Guarded right="workflows:write">
      {(isRefused) => (
        <Button leftSection={<IconPlus size={16} />} disabled={isRefused} onClick={onClick}>
          {t("workflows.new")}
        </Button>
      )}
    </Guarded>
  );
}

function NoWorkflows({ onCreate }: { onCreate: () => void }) {
  const { t } = useTranslation();
  return (
    <EmptyState icon={<IconSitemap size={28} />}>
      <Title order={2} size="h4">
        {t("workflows.emptyTitle")}
      </Title>
      <Text c="dimmed" size="sm" maw={380}>
        {t("workflows.empty")}
      </Text>
      <NewButton onClick={onCreate} />
    </EmptyState>
  );
}

function Rows({
  project,
  query,
  onCreate,
}: {
  project: string;
  query: string;
  onCreate: () => void;
}) {
  const { t } = useTranslation();
  const list = useInfiniteQuery(workflows(project));
  if (list.error) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  if (!list.data) {
    return (
      <Stack gap="xs" p="md" aria-busy>
        {[1, 2, 3].map((row) => (
          <Skeleton key={row} height={52} radius="md" />
        ))}
      </Stack>
    );
  }
  const all = list.data.pages.flatMap((page) => page.items);
  if (all.length === 0) return <NoWorkflows onCreate={onCreate} />;
  const shown = all.filter((document) => matches(document, query));
  return (
    <>
      {shown.length === 0 && (
        <Text c="dimmed" ta="center" p="xl">
          {t("workflows.none", { query })}
        </Text>
      )}
      <ul className={classes.rows}>
        {shown.map((document) => (
          <WorkflowRow key={document.metadata.name} project={project} document={document} />
        ))}
      </ul>
      <MoreRows list={list} />
    </>
  );
}

export function WorkflowsPage() {
  const { t } = useTranslation();
  const { project = "default" } = useParams();
  const [search, setSearch] = useSearchParams();
  const [isCreating, creating] = useDisclosure(false);
  const query = search.get("q") ?? "";
  const [settled] = useDebouncedValue(query, 80);
  return (
    <Page
      title={t("workflows.title")}
      lead={t("workflows.lead")}
      actions={
        <>
          <TextInput
            aria-label={t("workflows.search")}
            placeholder={t("workflows.search")}
            leftSection={<IconSearch size={16} />}
            value={query}
            onChange={(event) => {
              const next = event.currentTarget.value;
              setSearch(next ? { q: next } : {}, { replace: true });
            }}
          />
          <NewButton onClick={creating.open} />
        </>
      }
    >
      <div className={classes.card}>
        <Rows project={project} query={settled} onCreate={creating.open} />
      </div>
      <CreateWorkflow project={project} isOpen={isCreating} onClose={creating.close} />
    </Page>
  );
}
