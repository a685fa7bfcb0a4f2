/** Credentials: what may be seen of them, and how they are made, changed and deleted. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { all, call } from "./client";
import * as paths from "./paths";
import type { Credential, CredentialType } from "./types";

export const credentials = (project: string) =>
  queryOptions({
    queryKey: ["credentials", project],
    queryFn: () => all<Credential>(paths.credentials(project)),
    retry: false,
  });

export interface OpenedCredential {
  value: Credential;
  etag: string | null;
}

/** A credential without its secret, to be changed: what is seen here is what a save may replace. */
export const openedCredential = (project: string, name: string) =>
  queryOptions({
    queryKey: ["opened-credential", project, name],
    queryFn: (): Promise<OpenedCredential> => call("GET", paths.credential(project, name)),
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });

export const credentialTypes = queryOptions({
  queryKey: ["credential-types"],
  queryFn: () => all<CredentialType>("/credential-types"),
  staleTime: Number.POSITIVE_INFINITY,
});

export interface NewCredential {
  name: string;
  /** Type and fields; without them its limits alone change. */
  type?: string;
  fields?: Record<string, string>;
  allowedDomains: string[];
  allowedNodeTypes: string[];
  /** The tag of the revision that was seen, null for a new one. */
  etag: string | null;
}

/** Create, replace or limit a credential, where nobody else did meanwhile. Its fields travel this way only. */
export function useSaveCredential(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name, etag, ...body }: NewCredential) =>
      call(body.fields ? "PUT" : "PATCH", paths.credential(project, name), {
        body,
        headers: etag ? { "If-Match": etag } : { "If-None-Match": "*" },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["credentials", project] }),
  });
}

export function useDeleteCredential(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => call("DELETE", paths.credential(project, name)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["credentials", project] }),
  });
}
