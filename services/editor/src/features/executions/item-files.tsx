/** The files that items carry, each a link by which it is kept. */

import { IconDownload } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import * as paths from "../../api/paths";
import type { FileReference, Item } from "../../api/types";
import { formatSize } from "../../i18n/format";
import classes from "./item-files.module.css";

interface Carried {
  at: number;
  name: string;
  file: FileReference;
}

function carried(items: readonly Item[]): Carried[] {
  return items.flatMap(({ binary }, at) =>
    Object.entries(binary ?? {}).map(([name, file]) => ({ at, name, file })),
  );
}

interface Props {
  project: string;
  execution: string;
  items: readonly Item[];
  label: string;
}

export function ItemFiles({ project, execution, items, label }: Props) {
  const { t } = useTranslation();
  const files = carried(items);
  if (files.length === 0) return null;
  return (
    <ul className={classes.files} aria-label={t("executions.files", { label })}>
      {files.map(({ at, name, file }) => (
        <li key={`${at} ${name}`}>
          <span className={classes.place}>{at + 1}</span>
          <a href={paths.file(project, execution, file.blob)} download className={classes.link}>
            <IconDownload size={14} aria-hidden />
            {file.fileName || name}
          </a>
          <span className={classes.about}>
            {formatSize(file.size)} · {file.mediaType}
          </span>
        </li>
      ))}
    </ul>
  );
}
