{{- define "alur.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough that a component's name and a hash still fit. */}}
{{- define "alur.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "alur.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "alur.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Of a component: (list $ "gateway"). Never versioned: selectors cannot change. */}}
{{- define "alur.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "alur.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "alur.labels" -}}
{{- $root := index . 0 -}}
{{ include "alur.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: alur
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "alur.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* The components of the mode, as JSON. */}}
{{- define "alur.services" -}}
{{- $names := list "registry" "scheduler" "gateway" "executor" -}}
{{- range .Values.executor.pools -}}
{{- $name := printf "executor-%s" .name -}}
{{- if has $name $names -}}
{{- fail (printf "executor.pools: two are named %s" .name) -}}
{{- else if gt (len (printf "%s-%s" (include "alur.fullname" $) $name)) 63 -}}
{{- fail (printf "executor.pools: the name %s is too long: %s-%s has more than 63 characters" .name (include "alur.fullname" $) $name) -}}
{{- end -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- ternary $names (list "embedded") (eq .Values.mode "distributed") | toJson -}}
{{- end -}}

{{/* The values of a component, as JSON: of an executor of pools those of its entry, over those of executors. */}}
{{- define "alur.own" -}}
{{- $values := (index . 0).Values -}}
{{- $component := index . 1 -}}
{{- $own := dict -}}
{{- range $values.executor.pools -}}
{{- if eq $component (printf "executor-%s" .name) -}}
{{- $serves := dict "ALUR_POOLS" (.serves | default .name) -}}
{{- $env := mergeOverwrite (dict) ($values.executor.env | default dict) $serves (.env | default dict) -}}
{{- $own = mergeOverwrite (dict "replicas" 1 "resources" (deepCopy $values.executor.resources)) . (dict "env" $env) -}}
{{- end -}}
{{- end -}}
{{- $own | default (index $values $component) | toJson -}}
{{- end -}}

{{/* What every pod has, so that it meets Pod Security "restricted": (list $ "executor" $own), the last where it chooses its nodes. */}}
{{- define "alur.pod" -}}
{{- $root := index . 0 -}}
{{- $own := dict -}}
{{- if gt (len .) 2 -}}
{{- $own = index . 2 -}}
{{- end -}}
{{- $code := ternary $root.Values.code dict (or (eq (index . 1) "embedded") (hasPrefix "executor" (index . 1))) -}}
serviceAccountName: {{ include "alur.fullname" $root }}-{{ index . 1 }}
{{- with $code.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
terminationGracePeriodSeconds: {{ $root.Values.terminationGracePeriodSeconds }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
{{- if $code.seccompProfile }}
  seccompProfile: {type: Localhost, localhostProfile: {{ $code.seccompProfile }}}
{{- else }}
  seccompProfile: {type: RuntimeDefault}
{{- end }}
{{- include "alur.place" (list $root $own) }}
topologySpreadConstraints:
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "alur.selector" $ | nindent 8 }}
{{- end }}
{{- end -}}

{{- define "alur.container" -}}
{{- $root := index . 0 -}}
image: {{ include "alur.image" $root }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{- define "alur.podMetadata" -}}
{{- $root := index . 0 -}}
{{- $labels := include "alur.labels" . | fromYaml -}}
{{- range $key, $_ := $root.Values.podLabels -}}
{{- if hasKey $labels $key -}}
{{- fail (printf "podLabels: %s is the chart's own, by which its pods are found" $key) -}}
{{- end -}}
{{- end -}}
labels: {{- include "alur.labels" . | nindent 2 }}
{{- with $root.Values.podLabels }}
{{- toYaml . | nindent 2 }}
{{- end }}
annotations: {{- mergeOverwrite (dict "kubectl.kubernetes.io/default-container" (index . 1)) $root.Values.podAnnotations | toYaml | nindent 2 }}
{{- end -}}

{{/* Settings that every process has. */}}
{{- define "alur.env" -}}
- {name: ALUR_LOG_LEVEL, value: {{ .Values.logLevel | quote }}}
- {name: ALUR_METRICS_HOST, value: "0.0.0.0"}
- {name: ALUR_METRICS_PORT, value: "9464"}
- name: ALUR_WORKER
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
{{- end -}}

{{/* Where Kafka and MongoDB are, of the mode `distributed`. */}}
{{- define "alur.kafkaEnv" -}}
- {name: ALUR_KAFKA, value: {{ include "alur.kafka" . | quote }}}
{{- end -}}

{{/* The certificates by which Kafka is known, and knows us. */}}
{{- define "alur.kafkaMount" -}}
{{- if .Values.kafka.filesSecret -}}
- {name: kafka, mountPath: /etc/alur/kafka, readOnly: true}
{{- end -}}
{{- end -}}

{{- define "alur.kafkaVolume" -}}
{{- with .Values.kafka.filesSecret -}}
- {name: kafka, secret: {secretName: {{ . }}, defaultMode: 0440}}
{{- end -}}
{{- end -}}

{{- define "alur.mongoEnv" -}}
- name: ALUR_MONGO
  {{- if .Values.mongo.community.enabled }}
  valueFrom: {secretKeyRef: {name: {{ include "alur.fullname" . }}-mongo-url, key: connectionString.standard}}
  {{- else }}
  valueFrom: {secretKeyRef: {name: {{ required "mongo.existingSecret is needed in the mode distributed: the name of a Secret with the URL of MongoDB; or mongo.community.enabled" .Values.mongo.existingSecret }}, key: {{ .Values.mongo.key }}}}
  {{- end }}
{{- end -}}

{{/* Settings that the services of the mode `distributed` share. */}}
{{- define "alur.sharedEnv" -}}
- {name: ALUR_WORKER_RETURNS, value: "false"}  # a pod that is told to stop is followed by one of another name
{{ include "alur.kafkaEnv" . }}
{{ include "alur.mongoEnv" . }}
- {name: ALUR_BLOBS, value: {{ required "blobs.url is needed in the mode distributed: s3://bucket/prefix" .Values.blobs.url | quote }}}
- name: ALUR_CALLS_TOKEN
  valueFrom: {secretKeyRef: {name: {{ required "keys.existingSecret is needed in the mode distributed: the name of a Secret with calls-token, master-key and session-key; docs/how-to/kubernetes-install.md makes one" .Values.keys.existingSecret }}, key: calls-token}}
- name: ALUR_MASTER_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.keys.existingSecret }}, key: master-key}}
- name: ALUR_SESSION_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.keys.existingSecret }}, key: session-key}}
- {name: ALUR_PUBLIC_URL, value: {{ include "alur.publicUrl" . | quote }}}
- {name: ALUR_REGISTRY, value: "dns:///{{ include "alur.fullname" . }}-registry:50060"}
- {name: ALUR_CALLS_HOST, value: "0.0.0.0"}
- {name: ALUR_CALLS_PORT, value: "50060"}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
- {name: ALUR_CALLS_ADDRESS, value: "$(POD_IP):50060"}
{{- end -}}

{{- define "alur.publicUrl" -}}
{{- if .Values.publicUrl -}}
{{ .Values.publicUrl }}
{{- else if .Values.ingress.enabled -}}
{{ empty .Values.ingress.tlsSecret | ternary "http" "https" }}://{{ .Values.ingress.host }}
{{- else -}}
http://{{ include "alur.fullname" . }}:{{ .Values.service.port }}
{{- end -}}
{{- end -}}

{{/* The environment of a container: (list $text $own), what the chart sets and what `env` of the values says, which wins. */}}
{{- define "alur.withEnv" -}}
{{- $own := index . 1 | default dict -}}
{{- range index . 0 | fromYamlArray }}
{{- if not (hasKey $own .name) }}
- {{ toJson . }}
{{- end }}
{{- end }}
{{- range $name, $value := $own }}
- {name: {{ $name }}, value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}}
{{- end }}
{{- end -}}

{{/* The namespaces that the operator watches, as JSON; none for all. */}}
{{- define "alur.watched" -}}
{{- if .Values.operator.watch.allNamespaces -}}
[]
{{- else -}}
{{- .Values.operator.watch.namespaces | default (list .Release.Namespace) | toJson -}}
{{- end -}}
{{- end -}}

{{/* The Secret of the webhook's certificate, where cert-manager makes it. */}}
{{- define "alur.webhookSecret" -}}
{{- with .Values.operator.webhook -}}
{{- if and .enabled .certManager.enabled -}}
{{ include "alur.fullname" $ }}-operator-webhook
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Where Kafka is. */}}
{{- define "alur.kafka" -}}
{{- if and .Values.kafka.bootstrapServers .Values.kafka.strimzi.enabled -}}
{{- fail "kafka.bootstrapServers and kafka.strimzi.enabled: one of them, the other would be without effect" -}}
{{- end -}}
{{- if .Values.kafka.strimzi.enabled -}}
{{ include "alur.fullname" . }}-kafka-bootstrap:9092
{{- else -}}
{{ required "kafka.bootstrapServers is needed in the mode distributed: host:port, joined by commas; or kafka.strimzi.enabled" .Values.kafka.bootstrapServers }}
{{- end -}}
{{- end -}}


{{/* Where a pod runs, and what pulls its image: (list $ $own), the last of the component. */}}
{{- define "alur.place" -}}
{{- $root := index . 0 -}}
{{- $own := index . 1 -}}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.nodeSelector | default $root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.tolerations | default $root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
What is done once for each installation and upgrade: (list $ "topics" $ours $args $env $needs). `$ours` says that what it works
on comes up together with the rest: no hook then, for Helm makes none of the rest while it waits for one. `$needs` is what it
may reach: "alur.egress".
*/}}
{{- define "alur.job" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $ours := index . 2 -}}
{{- include "alur.hookPolicy" (list $root $name (index . 5) (ternary "" "pre-install,pre-upgrade" $ours)) }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "alur.fullname" $root }}-{{ $name }}{{ if $ours }}-{{ $root.Release.Revision }}{{ end }}
  namespace: {{ $root.Release.Namespace | quote }}
  labels: {{- include "alur.labels" (list $root $name) | nindent 4 }}
  {{- if not $ours }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
  {{- end }}
spec:
  backoffLimit: {{ ternary 30 5 $ours }}
  # A large database takes its time, and no other upgrade goes on meanwhile.
  activeDeadlineSeconds: {{ ternary 3600 300 (or $ours (eq $name "migrate")) }}
  template:
    metadata:
      labels: {{- include "alur.labels" (list $root $name) | nindent 8 }}
    spec:
      restartPolicy: OnFailure
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        fsGroup: 65532
        seccompProfile: {type: RuntimeDefault}
      {{- include "alur.place" (list $root dict) | nindent 6 }}
      containers:
        - name: {{ $name }}
          {{- include "alur.container" (list $root) | nindent 10 }}
          args: {{ index . 3 | toJson }}
          env:
            {{- index . 4 | nindent 12 }}
          {{- if has "kafka" (index . 5) }}
          {{- with $root.Values.kafka.existingSecret }}
          envFrom:
            - secretRef: {name: {{ . }}}
          {{- end }}
          {{- end }}
          resources:
            requests: {cpu: 50m, memory: 96Mi}
            limits: {memory: 256Mi}
          volumeMounts:
            - {name: temporary, mountPath: /tmp}
            {{- if has "kafka" (index . 5) }}
            {{- include "alur.kafkaMount" $root | nindent 12 }}
            {{- end }}
      volumes:
        - {name: temporary, emptyDir: {}}
        {{- if has "kafka" (index . 5) }}
        {{- include "alur.kafkaVolume" $root | nindent 8 }}
        {{- end }}
{{- end -}}


{{/*
The policy of a pod that only asks and that nobody asks: (list $ "topics" (list "dns" "kafka") $hook). It is made before the
pod of a hook, and goes once the hook has succeeded.
*/}}
{{- define "alur.hookPolicy" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- if $root.Values.networkPolicy.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "alur.fullname" $root }}-{{ $name }}
  namespace: {{ $root.Release.Namespace | quote }}
  labels: {{- include "alur.labels" (list $root $name) | nindent 4 }}
  {{- with index . 3 }}
  annotations:
    helm.sh/hook: {{ . }}
    helm.sh/hook-weight: "-1"
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
  {{- end }}
spec:
  podSelector:
    matchLabels: {{- include "alur.selector" (list $root $name) | nindent 6 }}
  policyTypes: {{ ternary "[Ingress, Egress]" "[Ingress]" $root.Values.networkPolicy.egress.enabled }}
  {{- if $root.Values.networkPolicy.egress.enabled }}
  egress:
    {{- include "alur.egress" (list $root (index . 2) dict) | indent 4 }}
  {{- end }}
{{- end }}
{{- end -}}
