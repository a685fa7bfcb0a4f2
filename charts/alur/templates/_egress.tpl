{{/*
What a pod may reach, as rules of a NetworkPolicy: (list $ (list "dns" "kafka") $own), each by its name in
`networkPolicy.egress`, and `calls`, `gateway` and `vault`; `$own` are the values of the component.
*/}}
{{- define "alur.egress" -}}
{{- $root := index . 0 -}}
{{- $own := index . 2 -}}
{{- $vault := get ($own.env | default dict) "ALUR_VAULT_URL" -}}
{{- $egress := $root.Values.networkPolicy.egress -}}
{{- range $name := index . 1 }}
{{- $ports := dig $name "ports" list $egress }}
{{- if and (eq $name "kafka") (not $ports) }}
{{- $ports = include "alur.kafkaPorts" $root | fromJsonArray }}
{{- end }}
{{- if eq $name "calls" }}
# The other services.
- ports: [{port: 50060}]
  to: {{- include "alur.peers" (list $root (include "alur.services" $root | fromJsonArray)) | nindent 4 }}
{{- else if eq $name "gateway" }}
- ports: [{port: 8080}, {port: 50051}]
  to: {{- include "alur.peers" (list $root (list (include "alur.entry" $root))) | nindent 4 }}
{{- else if eq $name "vault" }}
{{- with $vault }}
- ports: [{port: {{ regexFind ":[0-9]+$" (urlParse .).host | trimPrefix ":" | default (ternary "443" "80" (hasPrefix "https:" .)) }}}]
{{- end }}
{{- else if eq $name "internet" }}
{{- include "alur.internet" (list $egress.internet $own) }}
{{- else }}
- ports:
    {{- range $ports }}
    - {port: {{ . }}}
    {{- if eq $name "dns" }}
    - {port: {{ . }}, protocol: UDP}
    {{- end }}
    {{- end }}
  {{- with dig $name "to" list $egress }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The component that people and the operator reach. */}}
{{- define "alur.entry" -}}
{{ ternary "gateway" "embedded" (eq .Values.mode "distributed") }}
{{- end -}}

{{/* Peers of a policy: the pods of these components, (list $ (list "gateway")). */}}
{{- define "alur.peers" -}}
{{- $root := index . 0 -}}
{{- range index . 1 }}
- podSelector:
    matchLabels: {{- include "alur.selector" (list $root .) | nindent 6 }}
{{- end }}
{{- end -}}

{{/* The ports of Kafka's bootstrap servers, as JSON. */}}
{{- define "alur.kafkaPorts" -}}
{{- $ports := list -}}
{{- range splitList "," (include "alur.kafka" .) -}}
{{- $ports = append $ports (regexFind "[0-9]+$" (trim .) | int) -}}
{{- end -}}
{{- uniq $ports | toJson -}}
{{- end -}}

{{/*
The places of nodes and triggers: (list .Values.networkPolicy.egress.internet $own). The same that Alur's own guard lets
them reach (alur_common/outbound), which a test compares; it decides by the node's project besides.
*/}}
{{- define "alur.internet" -}}
{{- $internet := index . 0 -}}
{{- $env := (index . 1).env | default dict -}}
{{- if $internet.enabled }}
- ports: [{port: 80}, {port: 443}, {port: 1024, endPort: 65535}]
  to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
          {{- range concat (include "alur.private" . | fromJsonArray) $internet.except }}
          {{- if not (contains ":" .) }}
          - {{ . }}
          {{- end }}
          {{- end }}
    # Global unicast, of which all that is routed is.
    - ipBlock:
        cidr: 2000::/3
        except:
          {{- range concat (include "alur.private" . | fromJsonArray) $internet.except }}
          {{- if contains ":" . }}
          - {{ . | quote }}
          {{- end }}
          {{- end }}
{{- end }}
{{- range regexSplit "[\\s,]+" (printf "%v %v" (get $env "ALUR_OUTBOUND_ALLOW") (get $env "ALUR_OUTBOUND_PROJECTS")) -1 }}
{{- $place := regexReplaceAll "^.*=" . "" }}
{{- if regexMatch "[.:]" $place }}
{{- $is_six := or (contains "[" $place) (gt (len (splitList ":" $place)) 2) }}
{{- $port := regexFind (ternary "\\]:[0-9]+$" ":[0-9]+$" $is_six) $place | trimPrefix "]" | trimPrefix ":" }}
{{- $network := ternary (regexReplaceAll "^\\[|\\](:[0-9]+)?$" $place "") (regexReplaceAll ":[0-9]+$" $place "") $is_six }}
- to: [{ipBlock: {cidr: {{ ternary $network (printf "%s/%d" $network (ternary 128 32 $is_six)) (contains "/" $network) | quote }}}}]
  {{- if $port }}
  ports: [{port: {{ $port }}}]
  {{- else }}
  ports: [{port: 80}, {port: 443}, {port: 1024, endPort: 65535}]
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Networks that are not the public internet, as JSON: alur_common/outbound/addresses.py says of each why. */}}
{{- define "alur.private" -}}
["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12",
 "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
 "203.0.113.0/24", "224.0.0.0/3", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]
{{- end -}}
