/** Sign-in by the one-time link: the token stands behind `#`, so that no server log ever sees it. */

import { Alert, Button, Code, Loader, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useCallback, useEffect, useRef, useState } from "react";
import { Trans, useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { ApiError } from "../../api/client";
import { signIn } from "../../api/queries";
import { Logo } from "../../ui/logo";
import classes from "./sign-in-page.module.css";
import { tokenIn } from "./token";

type State = "idle" | "busy" | "refused" | "unreachable";

/** Sign in with the link's token once, and keep it out of the history. */
function useSignIn() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [state, setState] = useState<State>("idle");
  const go = useCallback(
    async (token: string) => {
      setState("busy");
      try {
        await signIn(token);
        client.clear();
        await navigate("/", { replace: true });
      } catch (error) {
        setState(error instanceof ApiError && error.status < 500 ? "refused" : "unreachable");
      }
    },
    [client, navigate],
  );
  return { state, go };
}

function PasteForm({ onToken }: { onToken: (token: string) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const token = tokenIn(text);
    if (token) onToken(token);
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        label={t("signIn.paste")}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
      />
      <Button type="submit" fullWidth mt="sm" disabled={!tokenIn(text)}>
        {t("signIn.go")}
      </Button>
    </form>
  );
}

export function SignInPage() {
  const { t } = useTranslation();
  const { state, go } = useSignIn();
  const isStarted = useRef(false);
  useEffect(() => {
    const token = tokenIn(window.location.hash);
    if (!token || isStarted.current) return;
    isStarted.current = true;
    window.history.replaceState(null, "", "/sign-in");
    void go(token);
  }, [go]);
  return (
    <main className={classes.root}>
      <Paper className={classes.card} withBorder>
        <Stack gap="md">
          <Logo size={44} />
          <Title order={1} size="h2">
            {t("signIn.title")}
          </Title>
          {state === "busy" ? (
            <Loader size="sm" aria-label={t("signIn.busy")} />
          ) : (
            <>
              {state === "refused" && <Alert color="red">{t("signIn.failed")}</Alert>}
              {state === "unreachable" && <Alert color="red">{t("signIn.unreachable")}</Alert>}
              <Text size="sm" c="dimmed">
                {t("signIn.hint")}{" "}
                <Trans i18nKey="signIn.dev" components={[<span key="0" />, <Code key="1" />]} />
              </Text>
              <PasteForm onToken={(token) => void go(token)} />
              <Text size="xs" c="dimmed">
                <Trans i18nKey="signIn.again" components={[<span key="0" />, <Code key="1" />]} />
              </Text>
            </>
          )}
        </Stack>
      </Paper>
    </main>
  );
}
