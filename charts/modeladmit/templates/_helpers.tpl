{{/* Names, labels and choices that several objects share. */}}

{{- define "modeladmit.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "modeladmit.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "modeladmit.labels" -}}
{{ include "modeladmit.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "modeladmit.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the serving certificate. */}}
{{- define "modeladmit.tlsSecret" -}}
{{- if eq .Values.certificates.mode "provided" -}}
{{- .Values.certificates.provided.secretName -}}
{{- else -}}
{{- include "modeladmit.fullname" . }}-webhook-tls
{{- end -}}
{{- end -}}

{{/* Where the API server calls, without caBundle. Takes a dictionary: root, path. */}}
{{- define "modeladmit.clientConfig" -}}
{{- $root := .root -}}
{{- if $root.Values.webhook.external.url -}}
url: {{ printf "%s%s" (trimSuffix "/" $root.Values.webhook.external.url) .path | quote }}
{{- else -}}
service:
  name: {{ include "modeladmit.fullname" $root }}-webhook
  namespace: {{ $root.Release.Namespace }}
  path: {{ .path }}
  port: 443
{{- end -}}
{{- with .caBundle }}
caBundle: {{ . }}
{{- end }}
{{- end -}}

{{/* Namespaces that are never asked about. */}}
{{- define "modeladmit.excluded" -}}
{{- concat (list "kube-system" .Release.Namespace) .Values.excludedNamespaces | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* Pod security of every container: nothing that a web server does not need. */}}
{{- define "modeladmit.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "modeladmit.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* Environment of both processes. */}}
{{- define "modeladmit.environment" -}}
- name: MODELADMIT_CONFIG
  value: /etc/modeladmit/config/config.yaml
- name: HOME
  value: /tmp
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
{{- end -}}

{{/* One rule of a webhook. Custom kinds in every version: one that we do not know is undetermined, not unseen. */}}
{{- define "modeladmit.rule" -}}
- apiGroups: [{{ .kinds.group | quote }}]
  apiVersions: ["*"]
  resources:
    {{- toYaml .kinds.resources | nindent 4 }}
  operations: [CREATE, UPDATE]
  scope: {{ .scope | quote }}
{{- end -}}

{{/*
What is being deleted and stays as it is loads nothing new, and nobody may keep it from going. A finalizer can hold an object
for ever, and controllers go on reading it, so whoever changes its spec meanwhile is asked about it. What was stored before
says that it is being deleted, never the object under review.
*/}}
{{- define "modeladmit.notBeingDeleted" -}}
- name: not-being-deleted
  expression: >-
    request.operation != 'UPDATE' ||
    !has(oldObject.metadata) || !has(oldObject.metadata.deletionTimestamp) ||
    !has(object.spec) || !has(oldObject.spec) || object.spec != oldObject.spec
{{- end -}}
