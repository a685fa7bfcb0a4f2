{{/* A pod of `helm test`: (list $ "run" 3 $does), its name, its turn, and the `command` or the `args` of the command line. */}}
{{- define "alur.test" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $does := index . 3 }}
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "alur.fullname" $root }}-test-{{ $name }}
  namespace: {{ $root.Release.Namespace | quote }}
  labels: {{- include "alur.labels" (list $root "test") | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-weight: {{ index . 2 | quote }}
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    seccompProfile: {type: RuntimeDefault}
  {{- include "alur.place" (list $root dict) | nindent 2 }}
  containers:
    - name: {{ $name }}
      {{- include "alur.container" (list $root) | nindent 6 }}
      {{- toYaml $does | nindent 6 }}
      {{- if $does.args }}
      env:
        - {name: HOME, value: /tmp}
        - {name: ALUR_SERVER, value: "http://{{ include "alur.fullname" $root }}:{{ $root.Values.service.port }}"}
        - name: ALUR_TOKEN
          valueFrom: {secretKeyRef: {name: {{ $root.Values.operator.tokenSecret }}, key: {{ $root.Values.operator.tokenKey }}}}
      {{- end }}
      resources:
        requests: {cpu: 50m, memory: 96Mi}
        limits: {memory: 256Mi}
      volumeMounts:
        - {name: temporary, mountPath: /tmp}
  volumes:
    - {name: temporary, emptyDir: {}}
{{- end -}}
