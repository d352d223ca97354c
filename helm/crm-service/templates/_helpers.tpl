{{/* Under an alias .Chart.Name is the alias: customer, campaign-sender, ... */}}
{{- define "crm-service.name" -}}
{{ .Chart.Name }}
{{- end }}

{{- define "crm-service.fullname" -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 53 | trimSuffix "-" }}
{{- end }}

{{- define "crm-service.selectorLabels" -}}
app.kubernetes.io/name: {{ include "crm-service.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "crm-service.labels" -}}
{{ include "crm-service.selectorLabels" . }}
app.kubernetes.io/part-of: crm-platform
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "crm-service.image" -}}
{{- $repository := required "set image.repository" .Values.image.repository -}}
{{- if .Values.global.imageRegistry }}{{ $repository = printf "%s/%s" .Values.global.imageRegistry $repository }}{{ end -}}
{{- if .Values.image.digest -}}
{{ printf "%s@%s" $repository .Values.image.digest }}
{{- else -}}
{{ printf "%s:%s" $repository (required "set image.tag, image.digest or global.imageTag" (coalesce .Values.image.tag .Values.global.imageTag)) }}
{{- end -}}
{{- end }}

{{/* A small image with wget for the pods of `helm test`. */}}
{{- define "crm-service.testImage" -}}
{{- if .Values.global.imageRegistry }}{{ .Values.global.imageRegistry }}/{{ end }}{{ .Values.global.testImage }}
{{- end }}

{{/* Pods and their Job run under the same rules. */}}
{{- define "crm-service.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1654
runAsGroup: 1654
fsGroup: 1654
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "crm-service.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "crm-service.secretKey" -}}
- name: {{ .env }}
  valueFrom:
    secretKeyRef:
      name: {{ required "set secret.name: an existing Secret" .secret }}
      key: {{ .key }}
{{- end }}

{{/* Environment of the workload and of its migration Job. */}}
{{- define "crm-service.env" -}}
{{- $secret := .Values.secret.name -}}
- name: ASPNETCORE_ENVIRONMENT
  value: Production
- name: DOTNET_gcServer
  value: "0"
- name: METRICS_PORT
  value: "9090"
- name: Postgres__MigrateOnStart
  value: "false"
- name: InternalTokens__Issuer
  value: {{ include "crm-service.name" . }}
{{ include "crm-service.secretKey" (dict "env" "InternalTokens__PrivateKey" "secret" $secret "key" "internal-token-key") }}
{{- range $backend, $used := .Values.backends }}
{{- if $used }}
{{ include "crm-service.secretKey" (dict "env" (printf "ConnectionStrings__%s" $backend) "secret" $secret "key" $backend) }}
{{- end }}
{{- end }}
{{- range $env, $key := .Values.secret.extra }}
{{ include "crm-service.secretKey" (dict "env" $env "secret" $secret "key" $key) }}
{{- end }}
{{- range .Values.allowFrom }}
- name: InternalTokens__TrustedIssuers__{{ . }}
  valueFrom:
    configMapKeyRef:
      name: {{ required "set global.internalTokenKeys" $.Values.global.internalTokenKeys }}
      key: {{ . }}
{{- end }}
{{- range .Values.calls }}
{{- $host := printf "%s-%s" $.Release.Name .workload }}
{{- if has "http" .ports }}
- name: services__{{ .workload }}__http__0
  value: http://{{ $host }}:8080
{{- end }}
{{- if has "grpc" .ports }}
- name: services__{{ .workload }}__grpc__0
  value: dns:///{{ $host }}-grpc:8081
{{- end }}
{{- end }}
{{- include "crm-service.channels" . }}
{{- include "crm-service.outbound" . }}
{{- if .Values.global.otlpEndpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .Values.global.otlpEndpoint | quote }}
{{- end }}
{{- end }}

{{/* The mails and webhooks of the workload itself, and its keys of single persons. */}}
{{- define "crm-service.outbound" -}}
{{- $secret := .Values.secret.name -}}
{{- with .Values.mailRelay }}
{{- if .host }}
- name: Smtp__Host
  value: {{ .host | quote }}
- name: Smtp__Port
  value: {{ .port | toString | quote }}
- name: Smtp__Security
  value: {{ .security }}
- name: Smtp__From
  value: {{ .from | quote }}
{{- if .userName }}
- name: Smtp__UserName
  value: {{ .userName | quote }}
{{ include "crm-service.secretKey" (dict "env" "Smtp__Password" "secret" $secret "key" .passwordKey) }}
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.webhooks.enabled }}
- name: Webhooks__AllowPrivateAddresses
  value: {{ .Values.webhooks.allowPrivateAddresses | toString | quote }}
{{- end }}
{{- if .Values.subjectKeys.enabled }}
{{ include "crm-service.secretKey" (dict "env" "ConnectionStrings__subject-keys" "secret" $secret "key" .Values.subjectKeys.secretKey) }}
{{- end }}
{{- end }}

{{/* What campaign channels hand over to and take back. */}}
{{- define "crm-service.channels" -}}
{{- $secret := .Values.secret.name -}}
{{- range $name, $provider := .Values.providers }}
- name: Providers__{{ $name }}__Channel
  value: {{ $provider.channel }}
- name: Providers__{{ $name }}__Url
  value: {{ $provider.url | quote }}
{{- range $setting, $value := $provider.settings }}
- name: Providers__{{ $name }}__{{ $setting }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- with $provider.authentication }}
- name: Providers__{{ $name }}__Authentication__Kind
  value: {{ .kind }}
{{- if .userName }}
- name: Providers__{{ $name }}__Authentication__UserName
  value: {{ .userName | quote }}
{{- end }}
{{ include "crm-service.secretKey" (dict "env" (printf "Providers__%s__Authentication__%s" $name (get (dict "Bearer" "Token" "Basic" "Password" "Hmac" "Secret") .kind)) "secret" $secret "key" .secretKey) }}
{{- end }}
{{- end }}
{{- range $name, $key := .Values.receipts }}
{{ include "crm-service.secretKey" (dict "env" (printf "Receipts__%s__Secret" $name) "secret" $secret "key" $key) }}
{{- end }}
{{- if .Values.printFiles.existingClaim }}
- name: Print__Directory
  value: /var/lib/crm/print
{{- end }}
{{- if .Values.inboundMail.enabled }}
- name: Campaign__BounceDomain
  value: {{ required "set inboundMail.bounceDomain" .Values.inboundMail.bounceDomain | quote }}
- name: Inbound__SmtpPort
  value: "2525"
- name: Inbound__HostName
  value: {{ required "set inboundMail.hostName" .Values.inboundMail.hostName | quote }}
{{- if .Values.inboundMail.tlsSecret }}
- name: Inbound__CertificateFile
  value: /etc/crm/inbound-tls/tls.crt
- name: Inbound__CertificateKeyFile
  value: /etc/crm/inbound-tls/tls.key
{{- end }}
{{- range $index, $name := keys .Values.inboundMail.providers | sortAlpha }}
- name: Inbound__Providers__{{ $index }}__Name
  value: {{ $name }}
{{ include "crm-service.secretKey" (dict "env" (printf "Inbound__Providers__%d__Key" $index) "secret" $secret "key" (get $.Values.inboundMail.providers $name)) }}
{{- end }}
{{- end }}
{{- end }}
