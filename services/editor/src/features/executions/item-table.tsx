import type { Json, JsonObject } from "../../graph/document";
import { cellOf, columnsOf } from "../../graph/table";
import classes from "./item-table.module.css";

function kindOf(value: Json | undefined): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

interface Props {
  items: JsonObject[];
  label: string;
}

/** Items as rows; what is nested is shown as JSON. */
export function ItemTable({ items, label }: Props) {
  const columns = columnsOf(items);
  return (
    <table className={classes.table} aria-label={label}>
      <thead>
        <tr>
          <th className={classes.number} scope="col">
            #
          </th>
          {columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an item has no identity but its place
          <tr key={index}>
            <td className={classes.number}>{index + 1}</td>
            {columns.map((column) => (
              <td key={column} data-kind={kindOf(item[column])} title={cellOf(item[column])}>
                {cellOf(item[column])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
