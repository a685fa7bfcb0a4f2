/** Variables of a project: what expressions read as `$vars`. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { Json } from "../graph/document";
import { all, call } from "./client";
import * as paths from "./paths";
import type { Variable } from "./types";

const MINUTE = 60_000;

export const variables = (project: string) =>
  queryOptions({
    queryKey: ["variables", project],
    queryFn: () => all<Variable>(paths.variables(project)),
    staleTime: MINUTE,
    retry: false,
  });

/** The values by name, as expressions see them. */
export const valuesOf = (list: readonly Variable[]): Record<string, unknown> =>
  Object.fromEntries(list.map(({ name, value }) => [name, value]));

export interface OpenedVariable {
  value: Variable;
  etag: string | null;
}

/** A variable to be changed: what is seen here is what a save may replace. */
export const openedVariable = (project: string, name: string) =>
  queryOptions({
    queryKey: ["opened-variable", project, name],
    queryFn: (): Promise<OpenedVariable> => call("GET", paths.variable(project, name)),
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });

export interface NewVariable {
  name: string;
  value: Json;
  /** The tag of the revision that was seen, null for a new one. */
  etag: string | null;
}

/** Create or replace a variable, where nobody else did meanwhile. */
export function useSaveVariable(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name, value, etag }: NewVariable) =>
      call("PUT", paths.variable(project, name), {
        body: { value },
        headers: etag ? { "If-Match": etag } : { "If-None-Match": "*" },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["variables", project] }),
  });
}

export function useDeleteVariable(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => call("DELETE", paths.variable(project, name)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["variables", project] }),
  });
}
