import { ActionIcon, Menu, Switch, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconHistory, IconPencil, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { useDeleteWorkflow, useMay, usePatchSpec } from "../../api/queries";
import type { ExecutionStatus } from "../../api/types";
import { isManaged, type WorkflowDocument } from "../../graph/document";
import { formatAgo } from "../../i18n/format";
import { Confirm } from "../../ui/confirm";
import { Guarded } from "../../ui/guarded";
import { ManagedMark } from "../../ui/managed-mark";
import { lookOf } from "../../ui/node-look";
import { StatusBadge } from "../../ui/status-badge";
import { tell, tellProblem } from "../../ui/tell";
import { RenameWorkflow } from "./rename-workflow";
import classes from "./workflows-page.module.css";

interface Props {
  project: string;
  document: WorkflowDocument;
}

const titleOf = (document: WorkflowDocument): string =>
  document.spec.title || document.metadata.name;

function Triggers({ document }: { document: WorkflowDocument }) {
  const triggers = document.spec.triggers ?? [];
  return (
    <div className={`${classes.triggers} ${classes.above}`}>
      {triggers.slice(0, 3).map((trigger) => {
        const { icon: Icon } = lookOf(trigger.type);
        return (
          <Tooltip key={trigger.name} label={`${trigger.name} · ${trigger.type}`}>
            <span className={classes.trigger}>
              <Icon size={15} />
            </span>
          </Tooltip>
        );
      })}
    </div>
  );
}

function LastExecution({ document }: { document: WorkflowDocument }) {
  const { t } = useTranslation();
  const last = document.status?.lastExecution;
  return (
    <div className={classes.last}>
      {last ? (
        <>
          <StatusBadge status={last.status as ExecutionStatus} />
          <span className={classes.when}>{formatAgo(last.finishedAt ?? last.startedAt)}</span>
        </>
      ) : (
        <span className={classes.sub}>{t("workflows.never")}</span>
      )}
    </div>
  );
}

function SuspendSwitch({ project, document }: Props) {
  const { t } = useTranslation();
  const patch = usePatchSpec(project);
  const name = document.metadata.name;
  const isSuspended = patch.isPending
    ? patch.variables.spec.suspend === true
    : document.spec.suspend === true;
  return (
    <div className={classes.above}>
      <Guarded right="workflows:write">
        {(isRefused) => (
          <Switch
            size="sm"
            checked={!isSuspended}
            disabled={isRefused || isManaged(document.metadata)}
            label={t(isSuspended ? "workflows.suspended" : "workflows.active")}
            aria-label={t("workflows.activate", { name: titleOf(document) })}
            onChange={(event) =>
              patch.mutate(
                { name, spec: { suspend: !event.currentTarget.checked } },
                { onError: tellProblem },
              )
            }
          />
        )}
      </Guarded>
    </div>
  );
}

function RowMenu({ project, document }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [isRenaming, renaming] = useDisclosure(false);
  const [isDeleting, deleting] = useDisclosure(false);
  const drop = useDeleteWorkflow(project);
  const mayWrite = useMay("workflows:write");
  const mayDelete = useMay("workflows:delete");
  const name = titleOf(document);
  const executions = `/projects/${project}/executions?workflow=${document.metadata.name}`;
  const remove = () =>
    drop.mutate(document.metadata.name, {
      onSuccess: () => tell(t("workflows.deleted", { name })),
      onError: tellProblem,
    });
  return (
    <div className={classes.above}>
      <Menu position="bottom-end" width={190}>
        <Menu.Target>
          <ActionIcon aria-label={t("workflows.actions", { name })}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconPencil size={15} />}
            disabled={!mayWrite || isManaged(document.metadata)}
            onClick={renaming.open}
          >
            {t("workflows.rename")}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconHistory size={15} />}
            onClick={() => void navigate(executions)}
          >
            {t("app.executions")}
          </Menu.Item>
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={15} />}
            disabled={!mayDelete || isManaged(document.metadata)}
            onClick={deleting.open}
          >
            {t("app.delete")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isRenaming && (
        <RenameWorkflow project={project} document={document} onClose={renaming.close} />
      )}
      <Confirm
        isOpen={isDeleting}
        title={t("workflows.deleteTitle", { name })}
        text={t("workflows.deleteText")}
        action={t("app.delete")}
        onConfirm={remove}
        onClose={deleting.close}
      />
    </div>
  );
}

export function WorkflowRow({ project, document }: Props) {
  const { name } = document.metadata;
  const { title, description } = document.spec;
  const to = `/projects/${encodeURIComponent(project)}/workflows/${encodeURIComponent(name)}`;
  return (
    <li className={classes.row}>
      <Link to={to} className={classes.name}>
        <div className={classes.title}>
          {title || name} {isManaged(document.metadata) && <ManagedMark />}
        </div>
        <div className={classes.sub}>{description || name}</div>
      </Link>
      <Triggers document={document} />
      <LastExecution document={document} />
      <SuspendSwitch project={project} document={document} />
      <RowMenu project={project} document={document} />
    </li>
  );
}
