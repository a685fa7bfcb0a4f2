/** A form in a dialog: empty for something new, else with what is changed, as it is read when the dialog opens. */

import { Button, Group, Modal } from "@mantine/core";
import { type QueryKey, type UseQueryOptions, useQuery } from "@tanstack/react-query";
import { Fragment, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Confirm } from "./confirm";
import { Failed } from "./failed";

/** What is read with its tag: once that is another one, the form begins anew. */
interface Opened {
  etag: string | null;
}

interface KnownProps<T extends Opened, K extends QueryKey> {
  query: UseQueryOptions<T, Error, T, K>;
  children: (opened: T, onReload: () => void) => ReactNode;
}

function Known<T extends Opened, K extends QueryKey>({ query, children }: KnownProps<T, K>) {
  const { data, error, refetch } = useQuery(query);
  const reload = () => void refetch();
  if (error) return <Failed error={error} onRetry={reload} />;
  if (!data) return null;
  return <Fragment key={data.etag}>{children(data, reload)}</Fragment>;
}

interface Props<T extends Opened, K extends QueryKey> {
  title: string;
  /** How it is read, null for something new. */
  query: UseQueryOptions<T, Error, T, K> | null;
  onClose: () => void;
  /** The form of what was read, or of something new (null); the second is to be called when it has to be read again. */
  children: (opened: T | null, onReload: () => void) => ReactNode;
}

export function FormDialog<T extends Opened, K extends QueryKey>(props: Props<T, K>) {
  const { title, query, onClose, children } = props;
  return (
    <Modal opened onClose={onClose} title={title}>
      {query === null ? children(null, onClose) : <Known query={query}>{children}</Known>}
    </Modal>
  );
}

interface ButtonsProps {
  save: string;
  isBusy: boolean;
  isReady: boolean;
  onClose: () => void;
}

/** The end of a form: leave it, or send it. */
export function FormButtons({ save, isBusy, isReady, onClose }: ButtonsProps) {
  const { t } = useTranslation();
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onClose}>
        {t("app.cancel")}
      </Button>
      <Button type="submit" loading={isBusy} disabled={!isReady}>
        {save}
      </Button>
    </Group>
  );
}

interface StaleProps {
  text: string;
  stale: { isStale: boolean; keepEditing: () => void };
  onReload: () => void;
}

/** What is asked when somebody else has saved meanwhile: take theirs, or keep on editing. */
export function AskWhenStale({ text, stale, onReload }: StaleProps) {
  const { t } = useTranslation();
  return (
    <Confirm
      isOpen={stale.isStale}
      title={t("conflict.title")}
      text={text}
      action={t("conflict.reload")}
      cancel={t("conflict.keep")}
      onConfirm={onReload}
      onClose={stale.keepEditing}
    />
  );
}
